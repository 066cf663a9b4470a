"""What can be said of a slide file before any format is looked at."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from sar_models.domain.errors import SlideError
from sar_models.stores.readers.foreign import describe

if TYPE_CHECKING:
    import os

_WHOLE_HASH_BYTES = 16 * 1024 * 1024
_EDGE_BYTES = 1024 * 1024
_HEAD_BYTES = 64


def checked_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a regular, readable file that is not empty.

    Raises
    ------
    SlideError
        If it is missing, a folder, empty or unreadable.
    """
    file = Path(path)
    try:
        if file.is_dir():
            raise SlideError(
                f"{str(file)!r} is a folder, not a slide",
                remedy="Give one slide file; a folder of slides is opened as a store.",
            )
        if not file.exists():
            raise SlideError(
                f"There is no slide {str(file)!r}", remedy="Check the path and its spelling."
            )
        size = file.stat().st_size
        with file.open("rb") as handle:
            handle.read(1)
    except (OSError, ValueError) as exc:
        raise SlideError(
            f"Slide {str(file)!r} cannot be opened: {describe(exc)}",
            remedy="Check that the file exists and that you may read it.",
        ) from exc
    if size == 0:
        raise SlideError(
            f"Slide {str(file)!r} is empty (0 bytes)", remedy="Copy it again from its origin."
        )
    return file


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, by which its format is recognised."""
    with path.open("rb") as handle:
        return handle.read(_HEAD_BYTES)


def checksum(path: Path) -> str:
    """Return ``sha256:...`` of a file, or ``sha256-edges:...`` of size, head and tail if huge.

    Files above 16 MiB are known by their size and their first and last MiB: reading hundreds of
    gigabytes to name a slide would cost more than to align it.
    """
    size = path.stat().st_size
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        if size <= _WHOLE_HASH_BYTES:
            digest.update(handle.read())
            return f"sha256:{digest.hexdigest()}"
        digest.update(f"{size}\n".encode())
        digest.update(handle.read(_EDGE_BYTES))
        handle.seek(-_EDGE_BYTES, 2)
        digest.update(handle.read(_EDGE_BYTES))
    return f"sha256-edges:{digest.hexdigest()}"
