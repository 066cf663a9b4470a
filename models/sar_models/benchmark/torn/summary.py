"""What a set of torn pairs comes to, and what was promised of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.torn.abstention import Abstention, pooled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sar_models.benchmark.torn.ceilings import Ceilings
    from sar_models.benchmark.torn.overlap import Overlap
    from sar_models.benchmark.torn.results import TornResult
    from sar_models.benchmark.torn.score import PointErrors


@dataclass(frozen=True)
class SetCeilings:
    """Mean over pairs of the mean IoU of their cells under each ceiling."""

    affine: float
    affine_per_piece: float
    spline_per_piece: float
    sift: float


@dataclass(frozen=True)
class SetSummary:
    """Figures of all pairs that were aligned.

    Parameters
    ----------
    pairs : int
    outcomes : dict of str to int
    miou, mdice : float
        Mean over pairs of the means over their cells.
    cell_miou : float
        Mean over the cells of all pairs.
    median_px : float
        Median of the pairs' median errors on surviving tissue, pixels of the thumbnail.
    tissue_near, landmarks_near : float
        Share of all tissue points, and of all landmarks, within 2 % of the diagonal.
    wrong : float
        Share of all points on surviving tissue that were mapped to a wrong place.
    surviving, found : int
        Pieces that are on both slides, and those that were found.
    fragments, false_pieces : int
        Fragments of all alignments, and those that pair what does not belong together.
    confidence_right, confidence_wrong : float or None
        Mean confidence of right and of false fragments; ``None`` without any.
    abstention : Abstention
        Areas of all pairs.
    cpu_seconds, most_cpu_seconds : float
        Median and most of a pair.
    most_memory_mb : float
    ceilings : SetCeilings or None
        Where they were measured.
    """

    pairs: int
    outcomes: dict[str, int]
    miou: float
    mdice: float
    cell_miou: float
    median_px: float
    tissue_near: float
    landmarks_near: float
    wrong: float
    surviving: int
    found: int
    fragments: int
    false_pieces: int
    confidence_right: float | None
    confidence_wrong: float | None
    abstention: Abstention
    cpu_seconds: float
    most_cpu_seconds: float
    most_memory_mb: float
    ceilings: SetCeilings | None


def summarise(results: Sequence[TornResult]) -> SetSummary:
    """Summarise the results of at least one pair."""
    scores = [result.score for result in results]
    tissue, landmarks = [s.tissue for s in scores], [s.landmarks for s in scores]
    fragments = [fragment for score in scores for fragment in score.fragments]
    seconds = [result.run.cpu_seconds for result in results]
    return SetSummary(
        pairs=len(results),
        outcomes=dict(Counter(score.outcome for score in scores).most_common()),
        miou=float(np.mean([score.cells.miou for score in scores])),
        mdice=float(np.mean([score.cells.mdice for score in scores])),
        cell_miou=float(np.mean([iou for score in scores for iou in score.cells.iou])),
        median_px=float(np.quantile([errors.median_px for errors in tissue], 0.5, method="higher")),
        tissue_near=_share(tissue, lambda errors: errors.near),
        landmarks_near=_share(landmarks, lambda errors: errors.near),
        wrong=_share(tissue, lambda errors: errors.wrong),
        surviving=sum(score.surviving for score in scores),
        found=sum(score.found for score in scores),
        fragments=len(fragments),
        false_pieces=sum(score.false_pieces for score in scores),
        confidence_right=_mean([f.confidence for f in fragments if f.right]),
        confidence_wrong=_mean([f.confidence for f in fragments if not f.right]),
        abstention=pooled(score.abstention for score in scores),
        cpu_seconds=float(np.median(seconds)),
        most_cpu_seconds=max(seconds),
        most_memory_mb=max(result.run.peak_memory_mb for result in results),
        ceilings=_ceilings([r.ceilings for r in results if r.ceilings is not None]),
    )


def _share(errors: Sequence[PointErrors], share: Callable[[PointErrors], float]) -> float:
    """Return a share of the points of all pairs."""
    counts = [len(each.px) for each in errors]
    return sum(share(e) * n for e, n in zip(errors, counts, strict=True)) / max(sum(counts), 1)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _ceilings(ceilings: Sequence[Ceilings]) -> SetCeilings | None:
    if not ceilings:
        return None

    def mean(overlap: Callable[[Ceilings], Overlap]) -> float:
        return float(np.mean([overlap(each).miou for each in ceilings]))

    return SetCeilings(
        affine=mean(lambda c: c.affine),
        affine_per_piece=mean(lambda c: c.affine_per_piece),
        spline_per_piece=mean(lambda c: c.spline_per_piece),
        sift=mean(lambda c: c.sift),
    )
