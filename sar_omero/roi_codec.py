"""Annotations as regions of interest, and back: pure rules, without the server.

A region carries all that an annotation is beyond its outline in its ``description``, as JSON
below a line for people. It is written with the region in one transaction, so that no object can
lose its marker in a crash.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
)

from sar_models.domain.annotations import METADATA_PREFIX, Annotation
from sar_models.domain.errors import AnnotationError
from sar_omero.colours import packed, unpacked
from sar_omero.holes import GRID_PX, hole_free_parts, joined, polygons_of
from sar_omero.shapes import ShapeValues, geometry_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

    from sar_omero.shapes import ShapeKind

HEADER = "SAR-Align object 1"
SIMPLIFIED_KEY = f"{METADATA_PREFIX}simplified_px"
_LONGEST_NAME = 255
_DEFAULT_RGB = (255, 200, 0)
_FILL_ALPHA, _STROKE_ALPHA = 32, 255


@dataclass(frozen=True)
class RoiValues:
    """A region of interest as plain values.

    Parameters
    ----------
    name, description : str
    shapes : tuple of ShapeValues
    number : int
        The server's id, 0 for one that it does not have yet.
    owner : str
        Login name of who made it.
    """

    name: str
    description: str
    shapes: tuple[ShapeValues, ...]
    number: int = 0
    owner: str = ""


def encode(annotation: Annotation, parent: str = "", index: int = 0) -> RoiValues:
    """Return the region that keeps an annotation, its children aside.

    Parameters
    ----------
    annotation : Annotation
    parent : str
        Id of the object that it is a child of.
    index : int
        Its place among the children.
    """
    geometry = shapely.set_precision(annotation.geometry, GRID_PX, mode="pointwise")
    polygons = polygons_of(geometry)
    cut = any(polygon.interiors for polygon in polygons)
    label = label_of(annotation)
    style = ShapeValues(
        "Polygon",
        (),
        text=label,
        stroke=packed(annotation.color or annotation.class_color or _DEFAULT_RGB, _STROKE_ALPHA),
        fill=packed(annotation.color or annotation.class_color or _DEFAULT_RGB, _FILL_ALPHA),
        locked=annotation.locked,
        plane=annotation.plane or (None, None, None),
    )
    whole = [part for polygon in polygons for part in hole_free_parts(polygon)]
    shapes = [replace(style, points=_ring(part)) for part in whole]
    shapes += [
        _other(style, part)
        for part in shapely.get_parts(shapely.get_parts(geometry))
        if part.geom_type != "Polygon" and not part.is_empty
    ]
    nucleus = annotation.nucleus
    values = {
        "id": str(annotation.id),
        "parent": parent,
        "index": index,
        "form": "cut" if cut else geometry.geom_type,
        "label": label,
        "name": annotation.name,
        "kind": annotation.kind,
        "class": list(annotation.classification),
        "class_color": annotation.class_color,
        "color": annotation.color,
        "plane": annotation.plane,
        "measurements": dict(annotation.measurements),
        "metadata": dict(annotation.metadata),
        "extra": dict(annotation.extra),
        "nucleus": None if nucleus is None else shapely.to_wkt(nucleus, rounding_precision=3),
    }
    description = f"{HEADER}\n{json.dumps(values, sort_keys=True)}"
    return RoiValues(annotation.name[:_LONGEST_NAME], description, tuple(shapes))


def label_of(annotation: Annotation) -> str:
    """Return what people see on an object: its name, else its class."""
    return annotation.name or ": ".join(annotation.classification)


@dataclass(frozen=True)
class Decoded:
    """A region as an annotation, with its place in the tree.

    Parameters
    ----------
    annotation : Annotation
        Without children.
    parent : str
    index : int
    roi : RoiValues
    """

    annotation: Annotation
    parent: str
    index: int
    roi: RoiValues


def decode(roi: RoiValues, server: str) -> list[Decoded]:
    """Return the annotations that a region holds: one of ours, else one for every shape.

    Parameters
    ----------
    roi : RoiValues
    server : str
        Identity of the server, from which the ids of other people's objects follow.
    """
    values = _values_of(roi.description)
    if values is not None:
        try:
            return [_ours(roi, values)]
        except (KeyError, TypeError, ValueError, AnnotationError, shapely.errors.ShapelyError):
            pass  # a person wrote into the description: theirs now
    return [found for shape in roi.shapes if (found := _theirs(roi, shape, server)) is not None]


def tree(decoded: Iterable[Decoded]) -> tuple[Annotation, ...]:
    """Return annotations with their children; an object whose parent is gone stands on its own."""
    by_id = {str(one.annotation.id): one for one in decoded}
    children: dict[str, list[Decoded]] = {}
    for one in by_id.values():
        parent = one.parent if one.parent in by_id and one.parent != str(one.annotation.id) else ""
        children.setdefault(parent, []).append(one)

    def grown(one: Decoded) -> Annotation:
        own = children.pop(str(one.annotation.id), [])
        below = tuple(grown(child) for child in sorted(own, key=lambda child: child.index))
        return replace(one.annotation, children=below)

    return tuple(grown(one) for one in children.pop("", []))


def flattened(
    annotations: Iterable[Annotation], parent: str = ""
) -> list[tuple[Annotation, RoiValues]]:
    """Return every object of a tree with the region that keeps it."""
    found: list[tuple[Annotation, RoiValues]] = []
    for index, annotation in enumerate(annotations):
        found.append((annotation, encode(annotation, parent, index)))
        found += flattened(annotation.children, str(annotation.id))
    return found


def as_stored(annotation: Annotation) -> Annotation | None:
    """Return an object as it comes back from a server, ``None`` if nothing of it is left."""
    regions = [roi for _, roi in flattened([annotation])]
    if not regions[0].shapes:
        return None
    decoded = [_ours(roi, _checked(roi)) for roi in regions if roi.shapes]
    return tree(decoded)[0]


def _checked(roi: RoiValues) -> Mapping[str, Any]:
    values = _values_of(roi.description)
    if values is None:
        raise AnnotationError(f"The region {roi.number} is none of ours")
    return values


def _values_of(description: str) -> Mapping[str, Any] | None:
    head, _, text = description.partition("\n")
    if head.strip() != HEADER:
        return None
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _ours(roi: RoiValues, values: Mapping[str, Any]) -> Decoded:
    if not roi.shapes:
        raise AnnotationError(f"The region {roi.number} has no shape left")
    texts = {shape.text for shape in roi.shapes}
    # A person who writes on a shape in a viewer renames the object.
    renamed = next((text for text in sorted(texts) if text != values["label"]), None)
    nucleus = values["nucleus"]
    annotation = Annotation(
        id=uuid.UUID(values["id"]),
        geometry=_joined(roi.shapes, str(values["form"])),
        kind=values["kind"],
        name=values["name"] if renamed is None else renamed,
        classification=tuple(values["class"]),
        class_color=_triple(values["class_color"]),
        color=_triple(values["color"]),
        plane=_triple(values["plane"]),
        measurements=dict(values["measurements"]),
        locked=any(shape.locked for shape in roi.shapes),
        metadata=dict(values["metadata"]),
        extra=dict(values["extra"]),
        nucleus=None if nucleus is None else shapely.from_wkt(nucleus),
    )
    return Decoded(annotation, str(values["parent"]), int(values["index"]), roi)


def _joined(shapes: tuple[ShapeValues, ...], form: str) -> BaseGeometry:
    parts = [geometry_of(shape) for shape in shapes]
    polygons = [polygon for part in parts for polygon in polygons_of(part)]
    if form == "cut" and len(polygons) == len(parts):
        return joined(polygons)
    if len(parts) == 1 and not form.startswith(("Multi", "GeometryCollection")):
        return parts[0]
    if len(polygons) == len(parts):
        several = MultiPolygon(polygons)
        return several if several.is_valid else shapely.union_all(parts)
    points = [part for part in parts if isinstance(part, Point)]
    if len(points) == len(parts):
        return MultiPoint(points)
    lines = [part for part in parts if isinstance(part, LineString)]
    return MultiLineString(lines) if len(lines) == len(parts) else GeometryCollection(parts)


def _theirs(roi: RoiValues, shape: ShapeValues, server: str) -> Decoded | None:
    try:
        geometry = geometry_of(shape)
    except AnnotationError:
        return None
    c, z, t = shape.plane
    annotation = Annotation(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"{server}/roi/{roi.number}/shape/{shape.number}"),
        geometry=geometry,
        name=shape.text or roi.name,
        color=unpacked(shape.stroke),
        locked=shape.locked,
        plane=None if c is None or z is None or t is None else (c, z, t),
        metadata={"omero.roi": str(roi.number), "omero.shape": str(shape.number)},
    )
    return Decoded(annotation, "", shape.number, roi)


def _ring(polygon: Any) -> tuple[tuple[float, float], ...]:
    # Closed rings are open lists of points on the server.
    return tuple((float(x), float(y)) for x, y in polygon.exterior.coords[:-1])


def _other(style: ShapeValues, part: Any) -> ShapeValues:
    points = tuple((float(x), float(y)) for x, y, *_ in part.coords)
    kind: ShapeKind = "Point" if part.geom_type == "Point" else "Polyline"
    return replace(style, kind=kind, points=points, fill=None)


def _triple(values: Any) -> Any:
    return None if values is None else tuple(int(value) for value in values)
