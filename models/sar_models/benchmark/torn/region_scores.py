"""Regions as they were carried over, against where they truly lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.benchmark.torn.drawn_regions import draw_regions
from sar_models.domain.transfer import TransferOptions, transfer
from sar_models.domain.transfer.judge import sample_points
from sar_models.engine.anchored.regions import region_masks, signs_of_region

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.benchmark.torn.drawn_regions import DrawnRegion
    from sar_models.domain.alignment import Alignment
    from sar_models.synthesis import TornPair

REGIONS = 24
"""Of every pair."""


@dataclass(frozen=True)
class RegionScore:
    """One region.

    Parameters
    ----------
    area_px2 : float
        On the source, pixels of the thumbnail squared.
    shown, foreign : bool
        Whether the target shows it; whether it lies on control tissue.
    given : bool
        Whether it was given a place.
    iou, dice : float
        Of the given region with the true one; 0 without.
    proposed_iou : float
        The same whatever the confidence said.
    confidence : float
        Chance in [0, 1] of an IoU of at least 0.75.
    signs : tuple of float or None
        What the chance is told from; ``None`` where nothing was mapped.
    sigma_px, error_px : float
        Expected and true error of its points, their median, target level-0 pixels; NaN where
        nothing was mapped, or nothing is true.
    """

    area_px2: float
    shown: bool
    foreign: bool
    given: bool
    iou: float
    dice: float
    proposed_iou: float
    confidence: float
    signs: tuple[float, ...] | None
    sigma_px: float
    error_px: float


def score_regions(
    pair: TornPair, alignment: Alignment, count: int = REGIONS
) -> tuple[RegionScore, ...]:
    """Carry regions over by an alignment, and compare them with the truth."""
    drawn = draw_regions(pair, count)
    annotations = [each.annotation for each in drawn]
    masks = region_masks(annotations, alignment)
    reports = transfer(annotations, alignment, options=TransferOptions()).reports
    scores = []
    for each, mask, report in zip(drawn, masks, reports, strict=True):
        iou, dice = _overlap(mask.geometry, each)
        signs = (
            None if mask.proposed.is_empty else signs_of_region(report, mask.proposed, alignment)
        )
        scores.append(
            RegionScore(
                area_px2=each.area_px2,
                shown=each.shown,
                foreign=each.foreign,
                given=mask.has_counterpart,
                iou=iou,
                dice=dice,
                proposed_iou=_overlap(mask.proposed, each)[0],
                confidence=mask.confidence,
                signs=signs,
                sigma_px=mask.sigma_px,
                error_px=_error(pair, alignment, each),
            )
        )
    return tuple(scores)


def _overlap(found: BaseGeometry, region: DrawnRegion) -> tuple[float, float]:
    if found.is_empty or not region.shown:
        return 0.0, 0.0
    shared = float(shapely.intersection(found, region.true).area)
    total = found.area + region.true.area
    return shared / (total - shared), 2.0 * shared / total


def _error(pair: TornPair, alignment: Alignment, region: DrawnRegion) -> float:
    """Return the median distance of a region's points from their true places; NaN without any."""
    points = sample_points(region.annotation.geometry)
    found = alignment.map(points).points
    errors = []
    for piece in pair.pieces:
        if piece.source is None or piece.target_from_source is None or region.foreign:
            continue
        shapely.prepare(piece.source)
        own = shapely.contains_xy(piece.source, points[:, 0], points[:, 1])
        away = found[own] - piece.target_from_source.map(points[own])
        errors.append(np.linalg.norm(away, axis=1))
    known = np.concatenate(errors) if errors else np.zeros(0)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else float("nan")
