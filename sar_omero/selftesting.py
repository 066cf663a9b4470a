"""Proving a server in a minute: objects of our own, made, edited, read and withdrawn.

The steps go through the same code as a push. Everything is made under a source slide that does
not exist, so that no real result is touched; it is gone afterwards, also when a step fails.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shapely.geometry import Polygon, box

from sar_models.domain.annotations import Annotation
from sar_models.domain.errors import SarAlignError, StoreError
from sar_models.domain.geometry import Region
from sar_models.stores.marker import SOURCE_KEY, marked
from sar_omero import object_writing
from sar_omero.locking import pushing
from sar_omero.target_objects import read_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_omero.images import ImageRecord
    from sar_omero.store import OmeroStore

SOURCE = "sar-align selftest"
_TILE_PX = 256


class _Failed(StoreError):
    """A step did not do what it should."""


def prove(store: OmeroStore, slides: list[str]) -> list[dict[str, Any]]:
    """Run every step on each image; return what each came to, as JSON values.

    After a step that fails the rest of that image is left out; what was made is removed.
    """
    told: list[dict[str, Any]] = []
    for slide in slides:
        told += _prove_image(store, slide)
    return told


def _prove_image(store: OmeroStore, slide: str) -> list[dict[str, Any]]:
    record = store.shelf.image(slide)
    steps: list[tuple[str, Callable[[], None]]] = [
        ("may annotate", lambda: store.shelf.check_allowed(slide)),
        ("read a tile of every level", lambda: _read_tiles(store, slide)),
        ("lock the image, and let it go", lambda: _lock(store, record)),
        ("create two objects, one with a hole", lambda: _write(store, record, *_objects())),
        ("edit one, the other stays", lambda: _edit(store, record)),
        ("the same again writes nothing", lambda: _again(store, record)),
        ("withdraw them", lambda: _write(store, record)),
    ]
    told: list[dict[str, Any]] = []
    try:
        for name, step in steps:
            began = time.perf_counter()
            problem = _problem(step)
            seconds = round(time.perf_counter() - began, 3)
            told.append({"slide": slide, "step": name, "seconds": seconds, "problem": problem})
            if problem:
                break
    finally:
        if record.may_annotate:
            _write(store, record)
    return told


def _problem(step: Callable[[], None]) -> str:
    try:
        step()
    except SarAlignError as exc:
        return str(exc)
    return ""


def _objects() -> list[Annotation]:
    outline = Polygon(box(10, 10, 110, 90).exterior, [box(40, 30, 70, 60).exterior])
    return [
        Annotation(uuid.uuid5(uuid.NAMESPACE_OID, f"{SOURCE} {name}"), shape, name=name)
        for name, shape in (("selftest hole", outline), ("selftest box", box(120, 10, 160, 50)))
    ]


def _read_tiles(store: OmeroStore, slide: str) -> None:
    with store.open(slide) as opened:
        for level, size in enumerate(opened.info.levels):
            region = Region(0, 0, min(_TILE_PX, size.width), min(_TILE_PX, size.height))
            opened.read(level, region)


def _lock(store: OmeroStore, record: ImageRecord) -> None:
    with pushing(store.connection, record.number, record.group):
        return


def _write(store: OmeroStore, record: ImageRecord, *objects: Annotation) -> None:
    """Let exactly these objects of the selftest stand on an image, and look whether they do."""
    options = store.connection.options
    present = read_objects(store.connection, record.number, store.shelf.identity, options.page)
    others = [one for one in present.annotations if not _is_own(one)]
    kept = [store.shelf.as_stored(one) for one in objects]
    stored = [marked(one, SOURCE) for one in kept if one is not None]
    wanted = object_writing.wanted_objects([*others, *stored], f"Image:{record.number}", options)
    store.connection.write(
        lambda session: object_writing.write(session, record, present, wanted, options.page)
    )
    found = {str(one.id): one for one in _own(store, record)}
    if found.keys() != {str(one.id) for one in objects}:
        raise _Failed(f"{len(objects)} objects were meant, {len(found)} came back")
    for one in objects:
        if found[str(one.id)].geometry.symmetric_difference(one.geometry).area > 1.0:
            raise _Failed(f"{one.name!r} came back with another outline")


def _edit(store: OmeroStore, record: ImageRecord) -> None:
    before = _numbers(store, record)
    hole, plain = _objects()
    _write(store, record, hole, replace(plain, geometry=box(120, 10, 170, 50)))
    if _numbers(store, record) != before:
        raise _Failed("An edit changed the ids of regions")


def _again(store: OmeroStore, record: ImageRecord) -> None:
    hole, plain = _objects()
    moved = replace(plain, geometry=box(120, 10, 170, 50))
    before = _version(store, record)
    _write(store, record, hole, moved)
    if _version(store, record) != before:
        raise _Failed("Writing the same objects again changed something")


def _own(store: OmeroStore, record: ImageRecord) -> list[Annotation]:
    page = store.connection.options.page
    found = read_objects(store.connection, record.number, store.shelf.identity, page)
    return [one for one in found.annotations if _is_own(one)]


def _is_own(annotation: Annotation) -> bool:
    return annotation.metadata.get(SOURCE_KEY) == SOURCE


def _numbers(store: OmeroStore, record: ImageRecord) -> dict[str, int]:
    page = store.connection.options.page
    found = read_objects(store.connection, record.number, store.shelf.identity, page)
    return {name: roi.number for name, roi in found.rois.items()}


def _version(store: OmeroStore, record: ImageRecord) -> str:
    page = store.connection.options.page
    return read_objects(store.connection, record.number, store.shelf.identity, page).version
