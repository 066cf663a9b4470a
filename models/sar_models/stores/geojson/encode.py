"""Annotations to GeoJSON features, in exactly the form that every QuPath reads."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from sar_models.domain.errors import AnnotationError
from sar_models.domain.transfer.repair import areal_parts, quiet, single_if_one, valid_polygons
from sar_models.stores.geojson.reader import FEATURE_PREFIX, GEOMETRY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.annotations import Annotation
    from sar_models.stores.geojson.notes import NoteBook

DECIMALS = 2
"""Coordinates are written on a grid of 0.01 px: QuPath rounds to it, and may then find an outline
invalid that was valid before."""
_BELOW_GRID_PX = 0.003


def encode_feature(annotation: Annotation, book: NoteBook) -> dict[str, Any] | None:
    """Return an annotation and its children as a feature; no key has the value null.

    ``None`` when the geometry has vanished on the grid; ``book`` then says so, and names values
    that were left out.

    Raises
    ------
    AnnotationError
        If the geometry is empty, not finite, or mixes points, lines and areas.
    """
    where = f"object {annotation.id}" + (f" ({annotation.name!r})" if annotation.name else "")
    geometry = encode_geometry(annotation.geometry, where)
    if geometry is None:
        book.add("vanished", where, "is too small for the grid of 0.01 px and was left out")
        return None
    if annotation.plane is not None:
        geometry["plane"] = dict(zip("czt", annotation.plane, strict=True))
    geometry |= _prefixed(annotation.extra, GEOMETRY_PREFIX)
    feature = {"type": "Feature", "id": str(annotation.id), "geometry": geometry}
    if annotation.nucleus is not None:
        nucleus = encode_geometry(annotation.nucleus, f"{where}, nucleus")
        if nucleus is not None:
            feature["nucleusGeometry"] = nucleus
    feature["properties"] = _properties(annotation, where, book)
    return feature | _prefixed(annotation.extra, FEATURE_PREFIX)


def _properties(annotation: Annotation, where: str, book: NoteBook) -> dict[str, Any]:
    properties: dict[str, Any] = {"objectType": annotation.kind}
    if annotation.name:
        properties["name"] = annotation.name
    if annotation.color is not None:
        properties["color"] = list(annotation.color)
    if annotation.classification:
        properties["classification"] = {"name": ": ".join(annotation.classification)}
        if annotation.class_color is not None:
            properties["classification"]["color"] = list(annotation.class_color)
    if annotation.locked:
        properties["isLocked"] = True
    measurements = {n: float(v) for n, v in annotation.measurements.items() if math.isfinite(v)}
    if len(measurements) < len(annotation.measurements):
        book.add("measurement", where, "measurements that are no finite numbers were left out")
    if measurements:
        properties["measurements"] = measurements
    if annotation.metadata:
        properties["metadata"] = {key: str(value) for key, value in annotation.metadata.items()}
    children = [encode_feature(child, book) for child in annotation.children]
    if any(children):
        properties["childObjects"] = [child for child in children if child is not None]
    # What we know goes last: an unknown field must not overwrite it.
    own = {
        key: _plain(value)
        for key, value in annotation.extra.items()
        if not key.startswith((FEATURE_PREFIX, GEOMETRY_PREFIX)) and value is not None
    }
    return own | properties


def _prefixed(extra: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {
        key.removeprefix(prefix): _plain(value)
        for key, value in extra.items()
        if key.startswith(prefix) and value is not None
    }


def _plain(value: Any) -> Any:
    """Return a JSON value as it is; one with NaN, which strict readers refuse, as text."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(value)
    return value


@quiet
def encode_geometry(geometry: BaseGeometry, where: str) -> dict[str, Any] | None:
    """Return a geometry as GeoJSON: valid, rings closed, on the grid, no needless nesting.

    ``None`` when nothing of it is left on the grid.

    Raises
    ------
    AnnotationError
        If it is empty, not finite, or mixes points, lines and areas.
    """
    if geometry.is_empty or not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise AnnotationError(
            f"{where} has {'an empty geometry' if geometry.is_empty else 'no finite coordinates'}",
            remedy="Leave the object out.",
        )
    if geometry.geom_type == "GeometryCollection":
        kinds = sorted({part.geom_type for part in shapely.get_parts(geometry)})
        raise AnnotationError(
            f"{where} mixes {', '.join(kinds)}",
            remedy="QuPath needs one object for each geometry: split it.",
        )
    if geometry.geom_type == "LinearRing":
        geometry = LineString(geometry.coords)
    areal = shapely.get_dimensions(geometry) == 2
    geometry = _areal_on_grid(geometry) if areal else _rounded(single_if_one(geometry))
    if geometry.is_empty:
        return None
    return {"type": geometry.geom_type, "coordinates": _coordinates(geometry)}


def _areal_on_grid(geometry: BaseGeometry) -> BaseGeometry:
    """Return valid polygons whose vertices lie on the grid."""
    geometry = valid_polygons(geometry)
    rounded = _rounded(geometry)
    if not shapely.is_valid(rounded):
        # Vertices closer together than the grid fold over each other: most are not needed.
        geometry = shapely.simplify(geometry, _BELOW_GRID_PX)
        rounded = _rounded(geometry)
    if not shapely.is_valid(rounded):
        # Snapping vertex by vertex made edges cross; this knows how to snap the whole.
        snapped = shapely.set_precision(geometry, 10.0**-DECIMALS)
        rounded = _rounded(valid_polygons(snapped))
    if not shapely.is_valid(rounded):
        parts = areal_parts(rounded)
        rounded = shapely.union_all(parts[shapely.is_valid(parts)], grid_size=10.0**-DECIMALS)
        rounded = _rounded(rounded)
    return single_if_one(rounded) if shapely.area(rounded) > 0 else Polygon()


def _rounded(geometry: BaseGeometry) -> BaseGeometry:
    rounded: BaseGeometry = shapely.transform(geometry, lambda xy: np.round(xy, DECIMALS))
    return rounded


def _coordinates(geometry: BaseGeometry) -> list[Any]:
    """Return nested lists of coordinates; integers stay short."""
    if geometry.geom_type == "Point":
        point: list[Any] = shapely.get_coordinates(geometry)[0].tolist()
        return point
    if geometry.geom_type == "LineString":
        line: list[Any] = shapely.get_coordinates(geometry).tolist()
        return line
    if geometry.geom_type == "Polygon":
        return [shapely.get_coordinates(r).tolist() for r in shapely.get_rings(geometry)]
    return [_coordinates(part) for part in shapely.get_parts(geometry)]
