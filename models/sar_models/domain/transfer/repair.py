"""Outlines made valid without losing what people drew."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiLineString, MultiPoint, MultiPolygon

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Geometries: TypeAlias = NDArray[np.object_]

MIN_PART_PX2 = 1.0
"""Parts smaller than this that a repair leaves behind are slivers, not tissue."""

_CHUNK = 256
_COUNTED_EDGES = 2000


# GEOS leaves floating-point flags behind that numpy would report as warnings of its own.
quiet = np.errstate(divide="ignore", invalid="ignore", over="ignore")


@quiet
def valid_polygons(geometry: BaseGeometry, min_part_px2: float = MIN_PART_PX2) -> BaseGeometry:
    """Return an areal geometry as valid Polygon or MultiPolygon, slivers dropped.

    A bow-tie becomes two triangles, overlapping parts are united, a ring that touches itself
    becomes parts or holes. Parts under ``min_part_px2`` are dropped if a larger one stays; a
    valid geometry is returned as it is.
    """
    if not shapely.is_valid(geometry):
        # "structure" unites parts that overlap; "linework" would cut a hole where they do.
        geometry = shapely.make_valid(geometry, method="structure")
    elif geometry.geom_type in ("Polygon", "MultiPolygon"):
        return single_if_one(geometry)
    parts = areal_parts(geometry)
    areas = shapely.area(parts)
    if len(parts) > 1:
        parts = parts[(areas >= min_part_px2) | (areas == areas.max())]
    return join_parts(parts)


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

    Repair works on every crossing, and a scribble of n edges may have n²/2 of them. Counted on
    some of the edges, evenly chosen, so that it is quick for any input.
    """
    segments = _segments(geometry)
    some = segments[:: -(-len(segments) // _COUNTED_EDGES) or 1]
    tree = shapely.STRtree(segments)
    crossings, allowed = 0, 2 * limit * len(some) / max(len(segments), 1)
    for start in range(0, len(some), _CHUNK):
        crossings += len(tree.query(some[start : start + _CHUNK], predicate="crosses")[0])
        if crossings > allowed:
            return True
    return False


def _segments(geometry: BaseGeometry) -> Geometries:
    """Return every edge of the rings as a line of its own."""
    rings = shapely.get_rings(areal_parts(geometry))
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    pairs = np.stack([coords[:-1][inside], coords[1:][inside]], axis=1)
    return np.asarray(shapely.linestrings(pairs))
