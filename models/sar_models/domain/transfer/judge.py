"""How well each object was placed, and what to call that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.alignment import Outcome
from sar_models.domain.transfer.cut import measure
from sar_models.domain.transfer.result import ObjectReport, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment, Direction
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.geometry import Points
    from sar_models.domain.transfer.options import TransferOptions

_SMALL_PX = 64.0
"""Confidence and expected error vary little over so few pixels: one sample is enough."""
_GRID = 8
_MAX_VERTICES = 64


@dataclass(frozen=True)
class Trust:
    """Confidence in [0, 1] and expected error of one object; NaN when nobody knows."""

    confidence: float = math.nan
    sigma_px: float = math.nan
    sigma_um: float = math.nan


def trust_of(samples: Sequence[Points], alignment: Alignment, direction: Direction) -> list[Trust]:
    """Return the mean trust at the sample points ``(N, 2)`` of each object."""
    counts = [len(points) for points in samples]
    if not sum(counts):
        return [Trust()] * len(samples)
    points = np.concatenate(list(samples))
    mapping = alignment.map(points, direction)
    at_source = points if direction == "forward" else mapping.points
    confidence = alignment.confidence.sample(at_source)
    confidence[~mapping.has_counterpart] = np.nan
    columns = [confidence, mapping.sigma_px]
    columns += [] if mapping.sigma_um is None else [mapping.sigma_um]
    ends = np.cumsum(counts)
    return [
        Trust(*(_mean(column[end - count : end]) for column in columns))
        for count, end in zip(counts, ends, strict=True)
    ]


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else math.nan


def sample_points(shape: BaseGeometry) -> Points:
    """Return points that stand for a shape: some of its vertices, and a grid inside of it."""
    left, top, right, bottom = shape.bounds
    if max(right - left, bottom - top) <= _SMALL_PX:
        middle: Points = shapely.get_coordinates(shapely.point_on_surface(shape))
        return middle
    vertices = shapely.get_coordinates(shape)
    vertices = vertices[:: -(-len(vertices) // _MAX_VERTICES)]
    steps = (np.arange(_GRID) + 0.5) / _GRID
    x, y = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
    inside = shapely.contains_xy(shape, x.ravel(), y.ravel())
    return np.concatenate([vertices, np.column_stack([x.ravel(), y.ravel()])[inside]])


def extent_px(shapes: Sequence[BaseGeometry]) -> float:
    """Return the diameter of a disc of the same area, or the length of lines; points have none."""
    if not shapes or shapely.get_dimensions(shapes[0]) == 0:
        return math.inf
    size = sum(measure(shape) for shape in shapes)
    return math.sqrt(4 * size / math.pi) if shapely.get_dimensions(shapes[0]) == 2 else size


def judge(
    annotation: Annotation,
    share: float,
    shapes: Sequence[BaseGeometry],
    trust: Trust,
    alignment: Alignment,
    options: TransferOptions,
    *,
    on_glass: bool,
) -> ObjectReport:
    """Return the report of one object.

    Parameters
    ----------
    annotation : Annotation
    share : float
        Share of its tissue that has a counterpart.
    shapes : sequence of geometries
        What it became on the other slide; empty for nothing.
    trust : Trust
    alignment : Alignment
    options : TransferOptions
    on_glass : bool
        Whether it lies beside all tissue.
    """
    verdict, reason = Verdict.MAPPED, ""
    size = extent_px(shapes)
    if not shapes or share < options.least_share:
        verdict, reason, trust = Verdict.NOT_MAPPED, _why_not(alignment, on_glass), Trust()
    elif size < trust.sigma_px:
        verdict = Verdict.BELOW_RESOLUTION
        reason = f"it is smaller ({size:.0f} px) than the expected error ({trust.sigma_px:.0f} px)"
    elif share < options.whole_share:
        verdict = Verdict.PARTLY
        what = "it lies near enough to tissue" if on_glass else "its tissue has a counterpart"
        reason = f"only {share:.0%} of {what}"
    return ObjectReport(
        annotation.id,
        annotation.name,
        annotation.kind,
        verdict,
        reason,
        share,
        trust.confidence,
        trust.sigma_px,
        trust.sigma_um,
    )


def _why_not(alignment: Alignment, on_glass: bool) -> str:
    if alignment.outcome is Outcome.FAILED:
        return f"the slides could not be aligned: {alignment.failure}"
    if alignment.outcome is Outcome.AMBIGUOUS:
        return "the alignment is ambiguous: several placements are equally good"
    if on_glass:
        return "it lies on glass, too far from tissue that has a counterpart"
    return "its tissue has no counterpart on the other slide"


def refused(annotation: Annotation, reason: str) -> ObjectReport:
    """Return the report of an object that is not transferred on purpose."""
    return ObjectReport(annotation.id, annotation.name, annotation.kind, Verdict.REFUSED, reason)
