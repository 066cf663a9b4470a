"""Tissue masks as polygons on the slide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from sar_models.domain.geometry import corner_from_centre

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Affine, Outline

_SIMPLIFY_PX = 0.7


def outline_of(mask: NDArray[np.bool_], slide_from_working: Affine) -> Outline:
    """Return the outline of a mask ``(H, W)``, holes included, in level-0 pixels."""
    contours, hierarchy = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
    )
    parts = []
    for index, contour in enumerate(contours):
        if hierarchy[0][index][3] >= 0 or len(contour) < 3:
            continue
        holes = [
            _ring(contours[child])
            for child in _children(hierarchy[0], index)
            if len(contours[child]) >= 3
        ]
        # Contours run through pixel centres: half a pixel outwards to the pixels' edges.
        parts.append(Polygon(_ring(contour), holes).buffer(0.5, join_style="mitre"))
    merged = shapely.union_all(parts).simplify(_SIMPLIFY_PX).buffer(0)
    moved = shapely.transform(merged, slide_from_working.map)
    return polygonal(moved)


def polygonal(geometry: shapely.Geometry) -> Outline:
    """Return the polygons of a geometry, lines and points dropped."""
    parts = [p for p in shapely.get_parts(geometry) if isinstance(p, Polygon) and not p.is_empty]
    if not parts and isinstance(geometry, shapely.GeometryCollection):
        parts = []
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _ring(contour: NDArray[Any]) -> NDArray[np.float64]:
    return corner_from_centre(contour[:, 0, :])


def _children(hierarchy: NDArray[np.int32], parent: int) -> list[int]:
    child, found = int(hierarchy[parent][2]), []
    while child >= 0:
        found.append(child)
        child = int(hierarchy[child][0])
    return found
