"""Journals as files, for stores that keep theirs in a folder."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from sar_models.domain.errors import StoreError
from sar_models.stores.atomic import atomic_file
from sar_models.stores.target import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_VERSION = 1
JOURNAL_SUFFIX = ".journal.json"


def read_journal(path: Path) -> Journal:
    """Return the journal in a file, an empty one if there is none.

    Raises
    ------
    StoreError
        If it is damaged, or a newer version wrote it.
    """
    if not path.is_file():
        return Journal()
    try:
        record = json.loads(path.read_bytes())
        if record["version"] != _VERSION:
            raise StoreError(
                f"The journal {str(path)!r} has version {record['version']!r}, expected {_VERSION}",
                remedy="Update SAR-Align.",
            )
        published = {source: frozenset(ids) for source, ids in record["published"].items()}
        heads = {who: tuple(ends) for who, ends in record.get("review_heads", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StoreError(
            f"The journal {str(path)!r} is damaged: {exc}",
            remedy="Remove it: it is rebuilt from the objects; what people deleted may come back.",
        ) from exc
    return Journal(published, heads)


def write_journal(path: Path, target: str, journal: Journal) -> None:
    """Write the journal of a target slide, whole or not at all.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    published = {source: sorted(ids) for source, ids in sorted(journal.published.items())}
    record = {"version": _VERSION, "target": target, "published": published}
    if journal.review_heads:
        heads = {who: list(ends) for who, ends in sorted(journal.review_heads.items())}
        record["review_heads"] = heads
    with reported(path, "written"), atomic_file(path) as partial:
        partial.write_text(json.dumps(record, indent=1), encoding="utf-8")


@contextlib.contextmanager
def reported(path: Path, done: str) -> Iterator[None]:
    """Turn an error of the file system (disk full, no permission) into a :class:`StoreError`."""
    try:
        yield
    except OSError as exc:
        raise StoreError(
            f"{str(path)!r} cannot be {done}: {exc.strerror or exc}",
            remedy="Check that the folder is writable and has space; nothing is half written.",
        ) from exc
