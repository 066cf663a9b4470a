"""The state of the server as text, with and without ids, for tests to compare."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from omero_server.model import schema
from omero_server.model.rows import Quantity, Ref, Row
from omero_server.services.files import file_path

if TYPE_CHECKING:
    from omero_server.world import World

_UNSAID = frozenset(
    {"Event", "Experimenter", "ExperimenterGroup", "GroupExperimenterMap", "Session"}
)


def rows(world: World) -> list[dict[str, Any]]:
    """Return every object but people, groups, events and enumerations, with ids and owners."""
    return [row.to_json() for row in world.database.every_row() if _is_content(row)]


def content(world: World) -> dict[str, int]:
    """Return every object as text without ids, and how often it is there.

    What an object refers to is written out in its place. Two states with the same content differ
    in nothing but ids, versions and times.
    """
    counts = Counter(_text(world, row) for row in world.database.every_row() if _is_content(row))
    return dict(sorted(counts.items()))


def counts(world: World) -> dict[str, int]:
    """Return how many objects of each kind there are."""
    return dict(Counter(r.kind for r in world.database.every_row() if _is_content(r)))


def orphans(world: World) -> list[str]:
    """Return what nothing holds: annotations without a link, files without an annotation.

    Also contents of files that have no object any more.
    """
    lonely = [
        f"{row.kind}:{row.id}"
        for kind in ("Annotation", "OriginalFile")
        for row in world.database.rows(kind)
        if not world.database.all_referring(row)
    ]
    known = {str(row.id) for row in world.database.rows("OriginalFile")}
    files = (world.folder / "files").iterdir()
    return lonely + [f"content of file {path.name}" for path in files if path.name not in known]


def _is_content(row: Row) -> bool:
    return row.kind not in _UNSAID and row.kind not in schema.ENUMERATIONS


def _text(world: World, row: Row) -> str:
    values = {name: _value(world, value) for name, value in sorted(row.values.items())}
    if row.kind == "OriginalFile":
        path = file_path(world, row.id)
        values["content"] = _sha1(path.read_bytes()) if path.exists() else "none"
    inner = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{row.kind}({inner}; owner={row.owner}, group={row.group})"


def _value(world: World, value: Any) -> str:
    if isinstance(value, Ref):
        row = world.database.follow(value)
        if not _is_content(row):
            return f"{row.kind}:{row.values.get('value', row.id)}"
        return _text(world, row)
    if isinstance(value, Quantity):
        return f"{value.value} {value.unit}"
    return repr(value)


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
