"""Outlines and lines as SVG path data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LinearRing, LineString, Point, Polygon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.report.views import SlideView

_TOLERANCE_PX = 0.35
"""Simplification in pixels of the picture: invisible, and keeps paths small."""


def in_view(geometry: BaseGeometry, view: SlideView) -> BaseGeometry:
    """Return a level-0 geometry in pixels of ``view``, simplified to what can be seen."""
    if geometry.is_empty:
        return geometry
    moved = shapely.transform(geometry, view.to_view)
    return shapely.simplify(moved, _TOLERANCE_PX)


def path_of(geometry: BaseGeometry, view: SlideView) -> str:
    """Return any level-0 geometry as path data in pixels of ``view``; holes by even-odd rule."""
    return " ".join(_parts(in_view(geometry, view)))


def line_path(points: Points) -> str:
    """Return a line through ``points`` ``(N, 2)`` as path data, broken where they are NaN."""
    pieces: list[str] = []
    pen_down = False
    for x, y in points:
        if not (np.isfinite(x) and np.isfinite(y)):
            pen_down = False
            continue
        pieces.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
        pen_down = True
    return "".join(pieces)


def label_point(geometry: BaseGeometry, view: SlideView) -> tuple[float, float]:
    """Return a point inside the largest part of ``geometry``, in pixels of ``view``."""
    largest = max(shapely.get_parts(geometry), key=lambda part: part.area)
    point = shapely.point_on_surface(in_view(largest, view))
    return float(point.x), float(point.y)


def _parts(geometry: BaseGeometry) -> Iterable[str]:
    if geometry.is_empty:
        return
    if isinstance(geometry, Polygon):
        for ring in (geometry.exterior, *geometry.interiors):
            yield line_path(shapely.get_coordinates(ring)[:-1]) + "Z"
    elif isinstance(geometry, LinearRing):
        yield line_path(shapely.get_coordinates(geometry)[:-1]) + "Z"
    elif isinstance(geometry, LineString):
        yield line_path(shapely.get_coordinates(geometry))
    elif isinstance(geometry, Point):
        yield f"M{geometry.x - 3:.1f} {geometry.y:.1f}h6m-3 -3v6"
    else:
        for part in shapely.get_parts(geometry):
            yield from _parts(part)
