"""What regions come to: overlap, success, sizes, silence, and what their confidence is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

from sar_models.benchmark.intervals import Interval, bootstrap
from sar_models.benchmark.torn.targets import Target
from sar_models.engine.anchored.regions import RIGHT_IOU

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.benchmark.torn.region_scores import RegionScore

STRICT_IOU = 0.85
BINS = 10
_BOUND = 0.9


@dataclass(frozen=True)
class Bin:
    """Regions of about one confidence: how sure they are, the share that is right, their number."""

    confidence: float
    right: float
    count: int


@dataclass(frozen=True)
class Bounds:
    """What expected errors say, once the factor is known that holds 90 % of them.

    Parameters
    ----------
    factor : float
        Of the expected error: nine of ten errors of every other pair lie within.
    covered : float
        Share of the errors of the remaining pairs within so many expected errors.
    rank_correlation : float
        Of expected and true error, Spearman's.
    sharpness : float
        Median bound over the constant bound that covers as much.
    """

    factor: float
    covered: float
    rank_correlation: float
    sharpness: float


@dataclass(frozen=True)
class RegionSummary:
    """Figures of the regions of all pairs.

    Parameters
    ----------
    regions, shown : int
        All, and those of which the target shows something.
    miou : Interval
        Mean IoU of the shown ones, pairs drawn anew; one without a place has 0.
    mdice, success, strict_success : float
        Mean Dice; share with an IoU of at least 0.75 and 0.85.
    quartiles : tuple of float
        Mean IoU by area on the source, from the smallest quarter.
    unshown, unshown_given : int
        Regions that the target does not show, and those given a place all the same.
    control, control_given : int
        The same of those on control tissue.
    ece : float
        Expected calibration error of the confidence, of all regions that were mapped.
    bins : tuple of Bin
        The reliability diagram.
    abstention_precision, abstention_recall : float or None
        Of the regions without a place, the share that has none, or whose proposal would have been
        wrong; of those that have no place, the share that was given none.
    bounds : Bounds or None
        ``None`` with too few regions.
    """

    regions: int
    shown: int
    miou: Interval
    mdice: float
    success: float
    strict_success: float
    quartiles: tuple[float, ...]
    unshown: int
    unshown_given: int
    control: int
    control_given: int
    ece: float
    bins: tuple[Bin, ...]
    abstention_precision: float | None
    abstention_recall: float | None
    bounds: Bounds | None


def summarise_regions(pairs: Sequence[Sequence[RegionScore]]) -> RegionSummary:
    """Summarise the regions of pairs; at least one of them is shown."""
    scores = [score for pair in pairs for score in pair]
    shown = [score for score in scores if score.shown]
    unshown = [score for score in scores if not score.shown]
    control = [score for score in scores if score.foreign]
    iou = np.array([score.iou for score in shown])
    by_pair = [[s.iou for s in pair if s.shown] for pair in pairs]
    silent = [score for score in scores if not score.given]
    bins = _bins([score for score in scores if score.signs is not None])
    return RegionSummary(
        regions=len(scores),
        shown=len(shown),
        miou=_by_pairs([values for values in by_pair if values]),
        mdice=float(np.mean([score.dice for score in shown])),
        success=float(np.mean(iou >= RIGHT_IOU)),
        strict_success=float(np.mean(iou >= STRICT_IOU)),
        quartiles=_quartiles(shown),
        unshown=len(unshown),
        unshown_given=sum(score.given for score in unshown),
        control=len(control),
        control_given=sum(score.given for score in control),
        ece=_ece(bins),
        bins=bins,
        abstention_precision=_share([not is_right(score) for score in silent]),
        abstention_recall=_share([not score.given for score in unshown]),
        bounds=_bounds(pairs),
    )


def is_right(score: RegionScore) -> bool:
    """Tell whether what was proposed for a region lies where it belongs."""
    return score.shown and score.proposed_iou >= RIGHT_IOU


def region_targets(summary: RegionSummary) -> list[Target]:
    """Return what was promised of regions, and whether it is kept."""
    targets = [
        Target("regions: mIoU", summary.miou.value, 0.90, True),
        Target("regions: mDice", summary.mdice, 0.94, True),
        Target("regions: IoU of at least 0.75", summary.success, 0.93, True, "%"),
        Target("regions: IoU of at least 0.85", summary.strict_success, 0.82, True, "%"),
        Target(
            "regions: largest quarter's mIoU less smallest's",
            summary.quartiles[-1] - summary.quartiles[0],
            0.03,
            False,
        ),
        Target("regions: places given to control tissue", summary.control_given, 0.0, False),
        Target("regions: calibration error", summary.ece, 0.05, False),
    ]
    if summary.abstention_precision is not None:
        precision = summary.abstention_precision
        targets.append(Target("regions: abstention, precision", precision, 0.9, True))
    if summary.abstention_recall is not None:
        recall = summary.abstention_recall
        targets.append(Target("regions: abstention, recall", recall, 0.9, True))
    if summary.bounds is not None:
        bounds = summary.bounds
        targets += [
            Target("regions: errors within the 90 % bound, least", bounds.covered, 0.85, True, "%"),
            Target("regions: errors within the 90 % bound, most", bounds.covered, 0.95, False, "%"),
            Target("regions: bound and error, rank", bounds.rank_correlation, 0.5, True),
            Target("regions: bound over constant", bounds.sharpness, 2.0, False),
        ]
    return targets


def _by_pairs(values: Sequence[Sequence[float]]) -> Interval:
    """Return the mean over all regions, with the interval of pairs drawn anew."""
    sums = [(float(np.sum(each)), float(len(each))) for each in values]
    return bootstrap(sums, lambda rows: float(rows[:, 0].sum() / rows[:, 1].sum()))


def _quartiles(shown: Sequence[RegionScore]) -> tuple[float, ...]:
    ordered = sorted(shown, key=lambda score: score.area_px2)
    parts = np.array_split(np.array([score.iou for score in ordered]), 4)
    return tuple(float(part.mean()) if len(part) else 0.0 for part in parts)


def _bins(mapped: Sequence[RegionScore]) -> tuple[Bin, ...]:
    confidence = np.array([score.confidence for score in mapped])
    right = np.array([is_right(score) for score in mapped], dtype=float)
    index = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(float(confidence[own].mean()), float(right[own].mean()), int(own.sum()))
        for own in (index == k for k in range(BINS))
        if own.any()
    )


def _ece(bins: Sequence[Bin]) -> float:
    total = max(sum(each.count for each in bins), 1)
    return sum(each.count * abs(each.confidence - each.right) for each in bins) / total


def _share(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None


def _bounds(pairs: Sequence[Sequence[RegionScore]]) -> Bounds | None:
    """Return the bounds: the factor from one half of the pairs, measured on the other."""
    halves = [
        [s for pair in pairs[k::2] for s in pair if s.given and np.isfinite(s.error_px)]
        for k in (0, 1)
    ]
    if min(map(len, halves)) < BINS:
        return None
    (known_sigma, known_error), (sigma, error) = (
        (np.array([s.sigma_px for s in half]), np.array([s.error_px for s in half]))
        for half in halves
    )
    factor = float(np.quantile(known_error / known_sigma, _BOUND))
    covered = float(np.mean(error <= factor * sigma))
    constant = float(np.quantile(error, covered))
    return Bounds(
        factor,
        covered,
        float(spearmanr(sigma, error).statistic),
        float(np.median(factor * sigma)) / max(constant, 1e-9),
    )
