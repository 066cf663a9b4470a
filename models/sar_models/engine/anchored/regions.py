"""Regions on the other slide, each with the chance that it lies where it belongs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from sar_models.domain.transfer import TransferOptions, Verdict, transfer
from sar_models.domain.transfer.judge import extent_px

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.transfer import ObjectReport

RIGHT_IOU = 0.75
"""Overlap with its true place from which a region lies where it belongs, as in SAR2Net's paper."""
COUNTERPART_FROM = 0.5
"""Below this chance a region is said to have no counterpart."""

SIGNS = ("confidence", "fragment", "tissue", "offset", "risk")
"""What the chance is told from; see `signs_of_region`."""
_OFFSET = 0.0
_WEIGHTS = (0.5, 0.5, 1.0, -1.0, -1.0)
"""Set by hand, not fitted: ``sar-align benchmark torn --regions --fit --seed N`` fits them."""
_LEAST = 0.02


@dataclass(frozen=True, eq=False)
class RegionMask:
    """Where one annotation lies on the other slide.

    Parameters
    ----------
    id : UUID
        Of the annotation.
    geometry : Polygon or MultiPolygon
        On the other slide, level-0 pixels; all of its parts; empty where it has no counterpart.
    confidence : float
        Chance in [0, 1] that it overlaps its true place by at least 0.75 (IoU).
    proposed : Polygon or MultiPolygon
        The same before the chance was asked: empty only where nothing was mapped.
    sigma_px : float
        Expected error, level-0 pixels of the other slide; NaN where nothing was mapped.
    """

    id: uuid.UUID
    geometry: BaseGeometry
    confidence: float
    proposed: BaseGeometry
    sigma_px: float

    @property
    def has_counterpart(self) -> bool:
        """Whether the region was given a place."""
        return not self.geometry.is_empty


def region_masks(
    annotations: Sequence[Annotation],
    alignment: Alignment,
    options: TransferOptions | None = None,
) -> list[RegionMask]:
    """Return the region of every annotation on the other slide, with its confidence.

    Parameters
    ----------
    annotations : sequence of Annotation
        On the source, without children.
    alignment : Alignment
        Of any outcome.
    options : TransferOptions or None

    Returns
    -------
    list of RegionMask
        In the order of the annotations.
    """
    options = options or TransferOptions()
    result = transfer(annotations, alignment, options=options)
    shape_of = {annotation.id: annotation.geometry for annotation in result.annotations}
    masks = []
    for report in result.reports:
        shape = shapely.union_all([shape_of[part] for part in report.target_ids])
        chance = right_chance(report, shape, alignment)
        given = shape if chance >= COUNTERPART_FROM else shapely.Polygon()
        masks.append(RegionMask(report.id, given, chance, shape, report.sigma_px))
    return masks


def right_chance(report: ObjectReport, shape: BaseGeometry, alignment: Alignment) -> float:
    """Return the chance that a transferred region lies where it belongs; 0 for one that was not."""
    if shape.is_empty or report.verdict in (Verdict.NOT_MAPPED, Verdict.REFUSED):
        return 0.0
    signs = signs_of_region(report, shape, alignment)
    logit = _OFFSET + sum(weight * sign for weight, sign in zip(_WEIGHTS, signs, strict=True))
    return 1.0 / (1.0 + math.exp(-min(max(logit, -30.0), 30.0)))


def signs_of_region(
    report: ObjectReport, shape: BaseGeometry, alignment: Alignment
) -> tuple[float, float, float, float, float]:
    """Return what tells a region in its place from one that is not.

    Parameters
    ----------
    report : ObjectReport
        What `transfer` said of it; it was mapped.
    shape : Polygon or MultiPolygon
        What it became.
    alignment : Alignment

    Returns
    -------
    tuple of float
        Log-odds of the confidence of its points and of the weakest fragment that it lies on, the
        logarithm of its share of tissue with a counterpart, that of its expected error over its
        diameter, and the risk of the alignment.
    """
    touched = [f.confidence for f in alignment.fragments if f.target.intersects(shape)]
    sigma = report.sigma_px if math.isfinite(report.sigma_px) else extent_px([shape])
    confidence = report.confidence if math.isfinite(report.confidence) else 0.0
    return (
        _log_odds(confidence),
        _log_odds(min(touched, default=0.0)),
        math.log(max(report.tissue_share, _LEAST)),
        math.log(max(sigma, 1e-3) / max(extent_px([shape]), 1e-3)),
        alignment.risk.score,
    )


def _log_odds(chance: float) -> float:
    within = min(max(chance, _LEAST), 1.0 - _LEAST)
    return math.log(within / (1.0 - within))
