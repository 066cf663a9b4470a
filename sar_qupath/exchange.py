"""The GeoJSON files that SAR-Align and QuPath exchange: the outbox, and what QuPath exported.

Both are ordinary collections of features, as QuPath reads them, with one further member,
``sar_align``, for the scripts and for us.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import StoreError
from sar_models.stores.atomic import atomic_file
from sar_models.stores.geojson import NoteBook, ReadLimits, feature_texts, parse_geojson
from sar_models.stores.geojson.text import read_bytes
from sar_models.stores.journal_file import reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sar_models.domain.annotations import Annotation

MEMBER = "sar_align"
VERSION = 1
_AGAIN = "Run SAR-Align's script `Export this image` in QuPath, or remove the file."


@dataclass(frozen=True, eq=False)
class Wanted:
    """What an entry is to hold of one source slide.

    Parameters
    ----------
    annotations : tuple of Annotation
        Objects of ours in the frame of the entry; children that are not ours are left out.
    generations : mapping of str to int
        By object id, 1 where nothing is said. A higher one than was imported overrules what a
        person did to the object since.
    """

    annotations: tuple[Annotation, ...] = ()
    generations: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Exported:
    """What QuPath had in an entry.

    Parameters
    ----------
    annotations : tuple of Annotation
        All objects, whoever made them, in the frame of the entry.
    imported : mapping of str to mapping of str to int
        Generation of each object that was ever imported, by source and object id.
    """

    annotations: tuple[Annotation, ...] = ()
    imported: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def write_wanted(path: Path, wanted: Wanted, about: Mapping[str, Any]) -> None:
    """Write an outbox file, whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made.
    wanted : Wanted
    about : mapping
        Target and source for the scripts, as JSON values.

    Raises
    ------
    AnnotationError
        If QuPath would refuse an object; nothing is written then.
    StoreError
        If it cannot be written.
    """
    member = {"version": VERSION, **about, "generations": dict(wanted.generations)}
    with reported(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = collection_text(wanted.annotations, member)
        with atomic_file(path) as partial:
            partial.write_text(text, encoding="ascii", newline="\n")


def collection_text(annotations: Iterable[Annotation], member: Mapping[str, Any]) -> str:
    """Return a collection as QuPath reads it, with our member."""
    features = ",\n".join(feature_texts(annotations, NoteBook()))
    head = json.dumps(dict(member), sort_keys=True)
    return f'{{"type":"FeatureCollection","{MEMBER}":{head},"features":[\n{features}\n]}}\n'


def read_wanted(path: Path) -> Wanted | None:
    """Return what an outbox file wants, ``None`` if there is none.

    Raises
    ------
    StoreError
        If it is damaged.
    """
    if not path.is_file():
        return None
    record, data = _record(path)
    member = _member(record, path)
    generations = {str(k): int(v) for k, v in member.get("generations", {}).items()}
    return Wanted(parse_geojson(data, path.name).annotations, generations)


def read_exported(path: Path) -> Exported:
    """Return what QuPath exported of an entry; nothing if there is no such file.

    A file without our member, as people export it by hand, is read as well.

    Raises
    ------
    StoreError
        If it is damaged.
    AnnotationError
        If it holds objects that cannot be read.
    """
    if not path.is_file():
        return Exported()
    record, _ = _record(path)
    return parse_exported(record, path.name)


def parse_exported(record: Any, name: str) -> Exported:
    """Return what an exported document holds; see :func:`read_exported`."""
    member = record.get(MEMBER, {}) if isinstance(record, dict) else {}
    try:
        imported = {
            str(source): {str(k): int(v) for k, v in ids.items()}
            for source, ids in member.get("imported", {}).items()
        }
        parents = {str(child): str(parent) for child, parent in member.get("parents", {}).items()}
        if "parents" in member:
            record = {"type": "FeatureCollection", "features": _nested(record, parents)}
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise StoreError(f"{name!r} is damaged: {exc}", remedy=_AGAIN) from exc
    return Exported(parse_geojson(json.dumps(record).encode(), name).annotations, imported)


def _nested(record: Mapping[str, Any], parents: Mapping[str, str]) -> list[Any]:
    """Return features with their children inside; versions of QuPath differ in writing them."""
    features: dict[str, dict[str, Any]] = {}
    for feature in record["features"]:
        properties = dict(feature.get("properties") or {})
        properties.pop("childObjects", None)
        features[str(feature["id"])] = {**feature, "properties": properties}
    tops: list[Any] = []
    for name, feature in features.items():
        parent = features.get(parents.get(name, ""))
        if parent is None or parent is feature:
            tops.append(feature)
        else:
            parent["properties"].setdefault("childObjects", []).append(feature)
    return tops


def _record(path: Path) -> tuple[Any, bytes]:
    data = read_bytes(path, ReadLimits())
    try:
        return json.loads(data), data
    except (ValueError, RecursionError) as exc:
        raise StoreError(f"{str(path)!r} is damaged: {exc}", remedy=_AGAIN) from exc


def _member(record: Any, path: Path) -> Mapping[str, Any]:
    member = record.get(MEMBER) if isinstance(record, dict) else None
    if not isinstance(member, dict) or member.get("version") != VERSION:
        raise StoreError(
            f"{str(path)!r} is no file of this version's outbox",
            remedy="Update SAR-Align, or remove the file and push again.",
        )
    return member
