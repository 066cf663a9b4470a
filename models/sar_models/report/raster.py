"""Outlines as masks on a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely
from shapely.geometry import Polygon

from sar_models.domain.geometry import centre_from_corner
from sar_models.report.paths import in_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.report.views import SlideView

SHIFT = 4
"""Fraction bits of OpenCV's drawing coordinates: outlines are drawn to 1/16 of a pixel."""


def mask_of(geometry: BaseGeometry, view: SlideView) -> NDArray[np.bool_]:
    """Return where a level-0 outline covers ``view``, ``(H, W)``."""
    mask = np.zeros(view.image.shape[:2], dtype=np.uint8)
    for polygon in polygons_in(in_view(geometry, view)):
        # One call per polygon: even-odd filling makes holes, and would make overlaps holes too.
        single = np.zeros_like(mask)
        cv2.fillPoly(single, fixed_point_rings(polygon), 1, lineType=cv2.LINE_8, shift=SHIFT)
        mask |= single
    return mask.astype(np.bool_)


def polygons_in(geometry: BaseGeometry) -> Iterator[Polygon]:
    """Yield the polygons of any geometry."""
    for part in shapely.get_parts(geometry):
        if isinstance(part, Polygon):
            if not part.is_empty:
                yield part
        elif not isinstance(part, shapely.Point | shapely.LineString):
            yield from polygons_in(part)


def fixed_point_rings(polygon: Polygon) -> list[NDArray[np.int32]]:
    """Return all rings of a polygon in view pixels as OpenCV wants them."""
    return [
        fixed_point(shapely.get_coordinates(ring))
        for ring in (polygon.exterior, *polygon.interiors)
    ]


def fixed_point(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return corner-origin positions as OpenCV drawing coordinates with ``SHIFT`` bits."""
    limited = centre_from_corner(np.clip(points, -1e5, 1e5))
    return np.asarray(np.rint(limited * (1 << SHIFT)), dtype=np.int32)
