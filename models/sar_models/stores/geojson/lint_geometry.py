"""QuPath's rules on geometries: ``(severity, code, where, message)`` for each breach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from sar_models.stores.geojson.shapes import GEOMETRY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sar_models.stores.geojson.lint_fields import Breach

_MIN_POSITIONS = {"LineString": 2, "MultiPoint": 1}


def lint_geometry(geometry: Any, where: str) -> Iterator[Breach]:
    """Check one geometry: form, closed rings, finite numbers, validity."""
    if not isinstance(geometry, dict):
        yield "error", "no-geometry", where, f"{geometry!r:.40}: QuPath refuses the whole file"
        return
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        yield "error", "collection", where, "QuPath 0.6 refuses a GeometryCollection"
        return
    if kind not in GEOMETRY_TYPES:
        yield "error", "geometry-type", where, f"{kind!r} is no geometry type"
        return
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list):
        yield "error", "coordinates", where, "has no list of coordinates"
        return
    yield from _by_type(kind, coordinates, where)
    yield from _plane(geometry.get("plane", {}), f"{where}.plane")


def _by_type(kind: str, coordinates: list[Any], where: str) -> Iterator[Breach]:
    if kind == "Point":
        yield from _positions([coordinates], where)
    elif kind in _MIN_POSITIONS:
        yield from _positions(coordinates, where, _MIN_POSITIONS[kind])
    elif kind == "MultiLineString":
        for index, line in enumerate(coordinates):
            yield from _positions(line, f"{where}[{index}]", 2)
    elif kind == "Polygon":
        yield from _polygons([coordinates], where)
    else:
        if len(coordinates) < 2:
            message = f"has {len(coordinates)} part: QuPath 0.5 refuses it; write a Polygon"
            yield "error", "one-part", where, message
        yield from _polygons(coordinates, where)


def _polygons(polygons: list[Any], where: str) -> Iterator[Breach]:
    """Check rings, then the validity of all parts together."""
    breaches: list[Breach] = []
    parts: list[Polygon] = []
    for index, rings in enumerate(polygons):
        path = where if len(polygons) == 1 else f"{where}[{index}]"
        if rings in ([], [[]]):
            yield "warning", "empty", path, "is empty: QuPath makes it a rectangle of size 0"
            continue
        if not isinstance(rings, list):
            breaches.append(("error", "coordinates", path, "is no list of rings"))
            continue
        for number, ring in enumerate(rings):
            breaches += _ring(ring, f"{path}, ring {number}")
        if not any(severity == "error" for severity, *_ in breaches):
            parts.append(_polygon(rings))
    yield from breaches
    if len(parts) == len(polygons) and parts:
        whole = parts[0] if len(parts) == 1 else MultiPolygon(parts)
        if not shapely.is_valid(whole):
            reason = shapely.is_valid_reason(whole)
            yield "error", "invalid", where, f"{reason}: QuPath 0.6 refuses the whole file"


def _polygon(rings: list[Any]) -> Polygon:
    shell, *holes = [_array(ring) for ring in rings]
    return Polygon(shell, holes)


def _ring(ring: Any, where: str) -> Iterator[Breach]:
    breaches = list(_positions(ring, where))
    yield from breaches
    if any(severity == "error" for severity, *_ in breaches):
        return
    if not ring or ring[0][:2] != ring[-1][:2]:
        yield "error", "unclosed", where, "is not closed: QuPath refuses the whole file"
    elif len(ring) < 4:
        yield "error", "short-ring", where, f"has {len(ring)} vertices, at least 4 are needed"


def _positions(positions: Any, where: str, at_least: int = 0) -> Iterator[Breach]:
    lengths = _position_lengths(positions)
    if lengths is None:
        yield "error", "coordinates", where, "has a vertex that is no pair of finite numbers"
        return
    if len(positions) < at_least:
        yield "error", "coordinates", where, f"has {len(positions)} vertices, needs {at_least}"
    if max(lengths, default=2) > 2:
        yield "warning", "third-coordinate", where, "has a third coordinate: QuPath drops it"


def _position_lengths(positions: Any) -> set[int] | None:
    """Return how many coordinates the vertices have; ``None`` if one is no vertex."""
    if not isinstance(positions, list):
        return None
    lengths = {len(p) if isinstance(p, list) else 0 for p in positions}
    if min(lengths, default=2) < 2:
        return None
    for length in lengths:
        same = positions if len(lengths) == 1 else [p for p in positions if len(p) == length]
        try:
            array = np.array(same)
        except ValueError:
            return None
        if array.dtype.kind not in "iuf" or array.ndim != 2 or not np.isfinite(array).all():
            return None
    return lengths


def _plane(plane: Any, where: str) -> Iterator[Breach]:
    if not isinstance(plane, dict) or not all(
        type(plane.get(key, 0)) is int for key in ("c", "z", "t")
    ):
        yield "error", "plane", where, f'{plane!r:.60} is not {{"c": -1, "z": 0, "t": 0}}'


def _array(ring: list[list[float]]) -> NDArray[np.float64]:
    return np.array([position[:2] for position in ring], dtype=np.float64)
