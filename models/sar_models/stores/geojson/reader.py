"""GeoJSON files to annotations."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.annotations import Annotation
from sar_models.domain.errors import AnnotationError
from sar_models.stores.geojson.limits import ReadLimits
from sar_models.stores.geojson.notes import Note, NoteBook
from sar_models.stores.geojson.properties import Properties
from sar_models.stores.geojson.shapes import GEOMETRY_TYPES, ShapeReader
from sar_models.stores.geojson.text import elements, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

ID_NAMESPACE = uuid.UUID("7d0a8f0e-8f1c-5c53-9c0f-3a1c7f0f6a11")
"""Ids of objects that bring none of their own are ``uuid5`` of this and their content."""

ORIGINAL_ID = "original_id"
"""Key of ``Annotation.extra`` that keeps an id which is no UUID, or is taken already."""
FEATURE_PREFIX, GEOMETRY_PREFIX = "feature:", "geometry:"
"""Prefixes in ``Annotation.extra`` of unknown fields beside, and inside, the geometry."""

_FEATURE_KEYS = {"type", "id", "geometry", "nucleusGeometry", "properties"}
_GEOMETRY_KEYS = {"type", "coordinates", "geometries", "plane"}


@dataclass(frozen=True)
class ReadResult:
    """What a GeoJSON file holds.

    Parameters
    ----------
    annotations : tuple of Annotation
        Top-level objects in the order of the file, in the coordinates of the file.
    notes : tuple of Note
        What was repaired or could not be read as it was; empty for a file as QuPath writes it.
    """

    annotations: tuple[Annotation, ...]
    notes: tuple[Note, ...] = ()


def read_geojson(path: Path, limits: ReadLimits | None = None) -> ReadResult:
    """Read the annotations of a GeoJSON file, plain or gzip, of QuPath or of other programs.

    Collections, bare lists, single features and bare geometries are accepted; fields that nobody
    knows are kept in ``Annotation.extra``; invalid outlines are repaired and noted.

    Parameters
    ----------
    path : Path
        A ``.geojson`` or ``.geojson.gz`` file; coordinates are taken as they are.
    limits : ReadLimits, optional

    Raises
    ------
    AnnotationError
        If the file cannot be read, is no GeoJSON, goes beyond a limit, or has an object that
        cannot be used; the message names file, object and remedy.
    """
    limits = limits or ReadLimits()
    return parse_geojson(read_bytes(path, limits), path.name, limits)


def parse_geojson(
    data: bytes, name: str = "GeoJSON", limits: ReadLimits | None = None
) -> ReadResult:
    """Read the annotations of a GeoJSON text; ``name`` stands in errors. See `read_geojson`."""
    book = NoteBook()
    return ReadResult(tuple(iter_geojson(data, book, name, limits)), book.notes)


def iter_geojson(
    data: bytes, book: NoteBook, name: str = "GeoJSON", limits: ReadLimits | None = None
) -> Iterator[Annotation]:
    """Yield the annotations of a GeoJSON text one by one, as `parse_geojson` returns them.

    Errors come when the object that they are about is reached. ``book`` takes the notes.
    """
    reader = _Reader(name, limits or ReadLimits(), book)
    found = elements(data, name, reader.limits)
    del data  # held by `elements` alone, which lets it go when it has the text
    for index, element in enumerate(found):
        yield from reader.feature(element, f"feature {index}")


class _Reader:
    """Turns features into annotations; knows the ids and counts of the whole file."""

    def __init__(self, name: str, limits: ReadLimits, book: NoteBook) -> None:
        self.limits = limits
        self.book = book
        self._name = name
        self._shapes = ShapeReader(limits, self.book)
        self._taken: set[uuid.UUID] = set()
        self._count = 0

    def feature(self, feature: Any, label: str) -> list[Annotation]:
        """Return the objects of one feature: one, or the children of QuPath's root object."""
        where = f"{self._name!r}, {label}"
        self._count += 1
        if self._count > self.limits.max_features:
            raise AnnotationError(
                f"{self._name!r} has more than {self.limits.max_features:,} objects "
                "(limit max_features)",
                remedy="Split the file, or raise the limit if you trust it.",
            )
        if not isinstance(feature, dict):
            raise AnnotationError(
                f"{where} is {feature!r:.40}, expected an object",
                remedy="A GeoJSON collection holds features only.",
            )
        if feature.get("type") in GEOMETRY_TYPES:
            feature = {"type": "Feature", "geometry": feature}
        if feature.get("type") != "Feature":
            raise AnnotationError(
                f"{where} has the type {feature.get('type')!r}, expected 'Feature'",
                remedy="Export the annotations as GeoJSON again.",
            )
        return self._read(feature, label, where + _called(feature))

    def _read(self, feature: dict[str, Any], label: str, where: str) -> list[Annotation]:
        fields = feature.get("properties") or {}
        if not isinstance(fields, dict):
            raise AnnotationError(
                f"{where} has the properties {fields!r:.40}, expected an object",
                remedy="Export the annotations as GeoJSON again.",
            )
        properties = Properties(dict(fields), where, self.book)
        children = self._children(properties, label)
        if fields.get("objectType") == "root":
            self.book.add("root", where, "QuPath's root object was left out, its children kept")
            return children
        geometry = self._shapes.read(feature.get("geometry"), where)
        nucleus = feature.get("nucleusGeometry")
        kind = properties.kind()
        path, class_color = properties.classification()
        identity = self._identity(feature, geometry, fields, where)
        annotation = Annotation(
            id=identity,
            geometry=geometry,
            kind=kind,
            name=properties.name(),
            classification=path,
            class_color=class_color,
            color=properties.color(),
            measurements=properties.measurements(),
            locked=properties.locked(),
            metadata=properties.metadata(),
            nucleus=None if nucleus is None else self._shapes.read(nucleus, f"{where}, nucleus"),
            plane=_plane(feature["geometry"].get("plane")),
            children=tuple(children),
            extra=properties.rest | self._unknown(feature, identity),
        )
        return [annotation]

    def _children(self, properties: Properties, label: str) -> list[Annotation]:
        return [
            annotation
            for index, child in enumerate(properties.children())
            for annotation in self.feature(child, f"{label}, child {index}")
        ]

    def _unknown(self, feature: dict[str, Any], identity: uuid.UUID) -> dict[str, Any]:
        """Return fields of feature and geometry that QuPath does not know, and an odd id."""
        unknown = {f"{FEATURE_PREFIX}{k}": v for k, v in feature.items() if k not in _FEATURE_KEYS}
        unknown |= {
            f"{GEOMETRY_PREFIX}{k}": v
            for k, v in feature["geometry"].items()
            if k not in _GEOMETRY_KEYS
        }
        original = feature.get("id")
        if original is not None and str(original).lower() != str(identity):
            unknown[ORIGINAL_ID] = original
        return unknown

    def _identity(
        self, feature: dict[str, Any], geometry: BaseGeometry, fields: dict[str, Any], where: str
    ) -> uuid.UUID:
        """Return the object's own UUID, or one that depends on its content alone."""
        original = feature.get("id")
        identity = _uuid(original)
        if identity is None:
            if original is not None:
                self.book.add("id-no-uuid", where, f"its id {original!r:.60} is no UUID")
            content = json.dumps([original, fields], sort_keys=True, default=str)
            identity = uuid.uuid5(ID_NAMESPACE, f"{geometry.wkb_hex}{content}")
        elif identity in self._taken:
            self.book.add("id-twice", where, "its id is that of an earlier object: it got another")
        repeat = 1
        unique = identity
        while unique in self._taken:
            unique = uuid.uuid5(identity, str(repeat))
            repeat += 1
        self._taken.add(unique)
        return unique


def _uuid(value: Any) -> uuid.UUID | None:
    if not isinstance(value, str) or len(value) not in (32, 36):
        return None
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def _called(feature: dict[str, Any]) -> str:
    """Return id and name of a feature for messages, as far as it has them."""
    fields = feature.get("properties")
    name = fields.get("name") if isinstance(fields, dict) else None
    known = [f"{what} {v!r:.60}" for what, v in (("id", feature.get("id")), ("name", name)) if v]
    return f" ({', '.join(known)})" if known else ""


def _plane(value: Any) -> tuple[int, int, int] | None:
    if not isinstance(value, dict):
        return None
    c, z, t = (value.get(key, default) for key, default in (("c", -1), ("z", 0), ("t", 0)))
    if not all(isinstance(v, int) for v in (c, z, t)):
        return None
    return c, z, t
