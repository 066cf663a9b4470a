"""Shapes through a transform: many at a time, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, Polygon

from sar_models.domain.transfer.densify import densify, is_affine
from sar_models.domain.transfer.repair import join_parts, single_if_one, valid_polygons

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.domain.transfer.options import TransferOptions
    from sar_models.domain.transfer.repair import Geometries
    from sar_models.domain.transforms import Transform

_MAP_CHUNK = 100_000
_BATCH_VERTICES = 200_000
_DENSIFY_SHARE, _SIMPLIFY_SHARE = 0.75, 0.25
"""How densifying and simplifying divide the tolerance."""


def warp(geometries: Geometries, transform: Transform, options: TransferOptions) -> Geometries:
    """Return polygons and lines bent by ``transform``, valid; ``None`` where nothing is left.

    Edges get vertices where they bend. What lies outside the transform's domain is cut off.

    Parameters
    ----------
    geometries : array of Polygon, MultiPolygon, LineString, MultiLineString
    transform : Transform
    options : TransferOptions
        Its tolerance and smallest part.
    """
    warped = np.full(len(geometries), None, dtype=object)
    for batch in _batches(geometries):
        warped[batch] = _warp_batch(geometries[batch], transform, options)
    return warped


def _batches(geometries: Geometries) -> list[NDArray[np.intp]]:
    """Return indices of geometries in groups of about as many vertices."""
    counts = np.cumsum(shapely.get_num_coordinates(geometries))
    group = counts // _BATCH_VERTICES
    edges = np.flatnonzero(np.diff(group)) + 1
    return [b for b in np.split(np.arange(len(geometries)), edges) if len(b)]


def _warp_batch(
    geometries: Geometries, transform: Transform, options: TransferOptions
) -> Geometries:
    """Take shapes apart into rings and lines, map these, and put them together again."""
    parts, part_of = shapely.get_parts(geometries, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, ring_of = shapely.get_rings(parts[areal], return_index=True)
    lines = np.concatenate([rings, parts[~areal]])
    coords, line = _map_lines(lines, transform, options)
    ring_count = len(rings)
    new_parts = np.full(len(parts), None, dtype=object)
    new_parts[areal] = _polygons(coords, line, ring_of, int(areal.sum()))
    new_parts[~areal] = _lines(coords, line - ring_count, len(lines) - ring_count)
    joined = _joined(new_parts, part_of, len(geometries))
    grown = shapely.get_num_coordinates(joined) > shapely.get_num_coordinates(geometries)
    tolerance_px = _SIMPLIFY_SHARE * options.tolerance_px
    joined[grown] = shapely.simplify(joined[grown], tolerance_px)
    for index in np.flatnonzero(shapely.get_dimensions(joined) == 2):
        joined[index] = valid_polygons(joined[index], options.min_part_px2)
    joined[shapely.is_empty(joined)] = None
    return joined


def _map_lines(
    lines: Geometries, transform: Transform, options: TransferOptions
) -> tuple[Points, NDArray[np.intp]]:
    """Return mapped vertices of all lines and the line of each; NaN vertices are gone."""
    coords, line = shapely.get_coordinates(lines, return_index=True)

    def point_map(points: Points) -> Points:
        return map_in_chunks(transform, points)

    if len(coords) and not is_affine(transform):
        coords, line = densify(coords, line, point_map, _DENSIFY_SHARE * options.tolerance_px)
    mapped = point_map(coords)
    placed = np.isfinite(mapped).all(axis=1)
    return mapped[placed], line[placed]


def map_in_chunks(transform: Transform, points: Points) -> Points:
    """Return the images of ``points`` ``(N, 2)``, with temporary arrays of bounded size."""
    mapped = np.empty_like(points)
    for start in range(0, len(points), _MAP_CHUNK):
        mapped[start : start + _MAP_CHUNK] = transform.map(points[start : start + _MAP_CHUNK])
    return mapped


def _polygons(
    coords: Points, line: NDArray[np.intp], ring_of: NDArray[np.intp], count: int
) -> Geometries:
    """Return ``count`` polygons from rings; ``None`` for one that lost its outer ring."""
    ring_count = len(ring_of)
    mine = line < ring_count
    sizes = np.bincount(line[mine], minlength=ring_count)
    ends = np.cumsum(sizes)
    polygons = np.full(count, None, dtype=object)
    own = coords[mine]
    starts = ends - sizes
    if (sizes >= 4).all() and _are_closed(own, starts, ends):
        # Solved inverses may differ in the last bit: closed means equal.
        own[ends - 1] = own[starts]
        closed = np.asarray(shapely.linearrings(own, indices=line[mine]))
        polygons[:] = shapely.polygons(closed, indices=ring_of) if ring_count else []
        return polygons
    shells = np.flatnonzero(np.diff(ring_of, prepend=-1))
    for polygon, (first, last) in enumerate(zip(shells, [*shells[1:], ring_count], strict=True)):
        rings = [own[starts[r] : ends[r]] for r in range(first, last)]
        if len(rings[0]) >= 3:
            polygons[polygon] = Polygon(rings[0], [hole for hole in rings[1:] if len(hole) >= 3])
    return polygons


def _are_closed(coords: Points, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> bool:
    """Tell whether all rings still end where they start: vertices outside the domain are gone."""
    return bool(np.allclose(coords[starts], coords[ends - 1], rtol=0, atol=1e-3))


def _lines(coords: Points, line: NDArray[np.intp], count: int) -> Geometries:
    lines = np.full(count, None, dtype=object)
    own, where = coords[line >= 0], line[line >= 0]
    for index, vertices in enumerate(np.split(own, np.searchsorted(where, np.arange(1, count)))):
        if index < count and len(vertices) >= 2:
            lines[index] = LineString(vertices)
    return lines


def _joined(parts: Geometries, part_of: NDArray[np.intp], count: int) -> Geometries:
    """Return one geometry for each object from its mapped parts; ``None`` for one without."""
    joined = np.full(count, None, dtype=object)
    starts = np.searchsorted(part_of, np.arange(1, count))
    for index, own in enumerate(np.split(parts, starts)):
        kept = own[~shapely.is_missing(own)]
        if len(kept):
            joined[index] = _shape(kept)
    return joined


def _shape(parts: Geometries) -> BaseGeometry:
    if parts[0].geom_type == "Polygon":
        return join_parts(parts)
    return single_if_one(MultiLineString(list(parts)))
