"""Outlines made valid without losing what people drew."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiLineString, MultiPoint, MultiPolygon

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points

Geometries: TypeAlias = NDArray[np.object_]

MIN_PART_PX2 = 1.0
"""Parts smaller than this that a repair leaves behind are slivers, not tissue."""

_EDGE_PAIRS = 20_000_000
_LEAST_EDGES = 20


# GEOS leaves floating-point flags behind that numpy would report as warnings of its own.
quiet = np.errstate(divide="ignore", invalid="ignore", over="ignore")


@quiet
def valid_polygons(geometry: BaseGeometry, min_part_px2: float = MIN_PART_PX2) -> BaseGeometry:
    """Return an areal geometry as valid Polygon or MultiPolygon, slivers dropped.

    A bow-tie becomes two triangles, overlapping parts are united, a ring that touches itself
    becomes parts or holes. Parts under ``min_part_px2`` are dropped if a larger one stays; a
    valid geometry is returned as it is.
    """
    if shapely.is_valid(geometry) and geometry.geom_type in ("Polygon", "MultiPolygon"):
        return single_if_one(geometry)
    return repaired_polygons(geometry, min_part_px2)


@quiet
def repaired_polygons(geometry: BaseGeometry, min_part_px2: float = MIN_PART_PX2) -> BaseGeometry:
    """Return an areal geometry that is known to be invalid as `valid_polygons` does."""
    parts = areal_parts(geometry)
    if len(parts) > 1:
        # `make_valid` of the whole takes minutes for some thousand parts that overlap.
        together = shapely.union_all([_repaired(part) for part in parts])
    else:
        together = _repaired(parts[0]) if len(parts) else MultiPolygon()
    parts = areal_parts(together)
    areas = shapely.area(parts)
    if len(parts) > 1:
        parts = parts[(areas >= min_part_px2) | (areas == areas.max())]
    return join_parts(parts)


def _repaired(polygon: BaseGeometry) -> BaseGeometry:
    """Return one polygon valid: outer ring and holes for themselves, then one cut by the other."""
    if shapely.is_valid(polygon):
        return polygon
    shell, *holes = [
        shapely.make_valid(shapely.polygons(ring), method="structure")
        for ring in shapely.get_rings(polygon)
    ]
    repaired: BaseGeometry = shapely.difference(shell, shapely.union_all(holes)) if holes else shell
    return repaired


def areal_parts(geometry: BaseGeometry) -> Geometries:
    """Return all polygons of a geometry, however nested; lines and points are left out."""
    parts = shapely.get_parts(geometry)
    while (nested := shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
        parts = np.concatenate([parts[~nested], shapely.get_parts(parts[nested])])
    areal = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    kept: Geometries = areal[~shapely.is_empty(areal)]
    return kept


def join_parts(parts: Geometries) -> BaseGeometry:
    """Return polygons as one Polygon or MultiPolygon; no part gives an empty MultiPolygon."""
    if len(parts) == 1:
        only: BaseGeometry = parts[0]
        return only
    return MultiPolygon(list(parts))


def single_if_one(geometry: BaseGeometry) -> BaseGeometry:
    """Return the part of a Multi-geometry that has only one, else the geometry itself."""
    if isinstance(geometry, MultiPolygon | MultiLineString | MultiPoint):
        parts = shapely.get_parts(geometry)
        if len(parts) == 1:
            only: BaseGeometry = parts[0]
            return only
    return geometry


def crosses_itself_more_than(geometry: BaseGeometry, limit: int) -> bool:
    """Tell whether the outlines of an areal geometry cross each other too often to be repaired.

    Repair works on every crossing, and a scribble of n edges may have n²/2 of them. Counted for
    some of the edges against all, so that it is quick for any input.
    """
    start, end = _edges(geometry)
    count = len(start)
    step = -(-count // max(_EDGE_PAIRS // max(count, 1), _LEAST_EDGES))
    crossings, allowed = 0, 2 * limit / max(step, 1)
    for first in range(0, count, max(step, 1)):
        crossings += _crossings(start[first], end[first], start, end)
        if crossings > allowed:
            return True
    return False


def _crossings(a: Points, b: Points, start: Points, end: Points) -> int:
    """Return how many edges ``(N, 2)`` cross the edge ``a-b``; those that touch do not count."""
    apart = _side(a, b, start) * _side(a, b, end) < 0
    start, end = start[apart], end[apart]
    return int(np.count_nonzero(_side(start, end, a) * _side(start, end, b) < 0))


def _side(a: Points, b: Points, point: Points) -> NDArray[np.float64]:
    """Return on which side of the line ``a-b`` points lie, as a sign."""
    along, across = b - a, point - a
    side = along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0]
    return np.asarray(np.sign(side))


def _edges(geometry: BaseGeometry) -> tuple[Points, Points]:
    """Return both ends ``(N, 2)`` of every edge of the rings."""
    rings = shapely.get_rings(areal_parts(geometry))
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    return coords[:-1][inside], coords[1:][inside]
