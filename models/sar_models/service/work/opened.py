"""Alignments that this process has open: the last few that were asked for."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from sar_models.stores.alignment_folder import ARRAYS_NAME, RECORD_NAME, read_alignment

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment

_MOST = 8
"""Each has some megabytes; who reviews goes from one to the next."""


def opened(folder: str) -> Alignment:
    """Return an alignment, read again only when its files changed.

    Raises
    ------
    RecordError
        If the folder is no alignment folder, or damaged.
    """
    return _read(folder, tuple(_state(Path(folder) / name) for name in (RECORD_NAME, ARRAYS_NAME)))


@functools.lru_cache(maxsize=_MOST)
def _read(folder: str, state: object) -> Alignment:
    return read_alignment(Path(folder))


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None  # reading it tells what is wrong
    return status.st_mtime_ns, status.st_size, status.st_ino
