"""The alignments below a folder, listed fast: an index remembers those that did not change."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from sar_models.domain.errors import InputError, SarAlignError, StoreError
from sar_models.stores.alignment_folder import RECORD_NAME
from sar_models.stores.atomic import atomic_file
from sar_models.stores.reviews.summaries import AlignmentSummary, summarise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INDEX_NAME = "index.json"
_WORTH_AN_INDEX = 200
"""Fewer alignments are read faster than anybody notices."""
_DEEPEST = 3


class _Entry(BaseModel):
    mtime_ns: int
    size: int
    summary: AlignmentSummary


class _Index(BaseModel):
    version: int = 2
    entries: dict[str, _Entry] = {}


def list_alignments(folder: Path, index_folder: Path) -> list[AlignmentSummary]:
    """Return what is known of all alignments below a folder, by name.

    Parameters
    ----------
    folder : Path
        Folder of alignment folders, which may lie in sub-folders, three levels deep at most.
    index_folder : Path
        Where the index is kept. It is only a memory: it may be deleted, damaged or refused, then
        it is made again, or every record is read.

    Raises
    ------
    InputError
        If ``folder`` is no folder.
    StoreError
        If it cannot be read.
    """
    if not folder.is_dir():
        raise InputError(
            f"{str(folder)!r} is no folder",
            remedy="Give the folder that holds the alignment folders.",
        )
    index_file = index_folder / INDEX_NAME
    known = _read_index(index_file).entries
    entries: dict[str, _Entry] = {}
    try:
        for name, status in _records(str(folder), "", _DEEPEST):
            entry, state = known.get(name), (status.st_mtime_ns, status.st_size)
            if entry is None or (entry.mtime_ns, entry.size) != state:
                summary = summarise(folder / name / RECORD_NAME, name)
                entry = _Entry(mtime_ns=state[0], size=state[1], summary=summary)
            entries[name] = entry
    except OSError as exc:
        raise StoreError(f"Cannot read {str(folder)!r}: {exc.strerror or exc}") from exc
    if len(entries) >= _WORTH_AN_INDEX and entries != known:
        _write_index(index_file, _Index(entries=entries))
    return [entries[name].summary for name in sorted(entries)]


def _records(folder: str, prefix: str, levels: int) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the alignment folders below a folder, by name, with the state of the record."""
    with os.scandir(folder) as found:
        inner = [entry for entry in found if not entry.name.startswith(".")]
    for entry in inner:
        if not entry.is_dir():
            continue
        name = f"{prefix}{entry.name}"
        try:
            yield name, os.stat(os.path.join(entry.path, RECORD_NAME))
        except FileNotFoundError:
            if levels > 1 and not entry.is_symlink():
                with contextlib.suppress(PermissionError):
                    yield from _records(entry.path, f"{name}/", levels - 1)


def _read_index(file: Path) -> _Index:
    try:
        index = _Index.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return _Index()
    return index if index.version == _Index().version else _Index()


def _write_index(file: Path, index: _Index) -> None:
    """Keep the index; a folder that cannot be written is listed all the same."""
    with contextlib.suppress(OSError, SarAlignError):
        file.parent.mkdir(exist_ok=True)
        with atomic_file(file) as partial:
            partial.write_text(index.model_dump_json(), encoding="utf-8")
