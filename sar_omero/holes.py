"""Polygons without holes: OMERO's have none, and a union over the hole would be another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from shapely.geometry import Polygon
    from shapely.geometry.base import BaseGeometry

GRID_PX = 0.001
"""Grid of the coordinates that are written; cuts have to lie on it, or they would gape."""


def hole_free_parts(polygon: Polygon) -> list[Polygon]:
    """Return polygons without holes that together cover exactly what ``polygon`` covers.

    Every hole is opened by a vertical cut through its middle.

    Parameters
    ----------
    polygon : Polygon
        Level-0 pixels, valid.
    """
    waiting, whole = [polygon], []
    while waiting:
        part = waiting.pop()
        if not part.interiors:
            whole.append(part)
            continue
        waiting.extend(_cut(part))
    return sorted(whole, key=lambda part: part.bounds)


def joined(parts: list[Polygon]) -> BaseGeometry:
    """Return the shape that was cut: parts that share a cut become one again."""
    merged = shapely.union_all(parts, grid_size=GRID_PX)
    # What the cuts added are vertices on straight edges.
    return shapely.simplify(merged, GRID_PX / 4)


def polygons_of(geometry: BaseGeometry) -> list[Polygon]:
    """Return the polygons of any geometry, empty ones left out."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _cut(polygon: Polygon) -> list[Polygon]:
    hole = min(polygon.interiors, key=lambda ring: abs(_middle(ring.bounds) - _middle_of(polygon)))
    x = round(_middle(hole.bounds) / GRID_PX) * GRID_PX
    left, bottom, right, top = polygon.bounds
    halves = (
        shapely.box(left - 1, bottom - 1, x, top + 1),
        shapely.box(x, bottom - 1, right + 1, top + 1),
    )
    return [part for half in halves for part in polygons_of(shapely.intersection(polygon, half))]


def _middle(bounds: tuple[float, float, float, float]) -> float:
    return (bounds[0] + bounds[2]) / 2


def _middle_of(polygon: Polygon) -> float:
    return _middle(polygon.bounds)
