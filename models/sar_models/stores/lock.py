"""A lock file that a killed process does not leave closed for ever."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import ConflictError, StoreError
from sar_models.stores.holder import Holder, this_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STALE_AFTER_S = 15 * 60
"""Age at which another machine's lock is taken over; a push takes seconds."""


@contextlib.contextmanager
def lock_file(path: Path, what: str) -> Iterator[None]:
    """Hold a lock that is a file, made by exclusive creation: works on shared folders too.

    A lock whose process is gone is taken over: at once if it ran on this machine, after 15
    minutes if on another.

    Parameters
    ----------
    path : Path
        The lock file; its folder has to exist.
    what : str
        What it guards, for messages.

    Raises
    ------
    ConflictError
        If somebody else holds it.
    StoreError
        If the folder is not writable.
    """
    mine = json.dumps(this_process().to_record()).encode()
    if not _create(path, mine):
        if not _is_stale(path):
            raise ConflictError(
                f"Somebody else is writing to {what}",
                remedy=f"Try again in a moment. If nobody is, remove {str(path)!r}.",
            )
        _take_away(path)
        if not _create(path, mine):
            raise ConflictError(f"Somebody else is writing to {what}", remedy="Try again.")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _create(path: Path, content: bytes) -> bool:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    except OSError as exc:
        raise StoreError(
            f"Cannot write {str(path)!r}: {exc.strerror or exc}",
            remedy="Check that the folder is writable and has space.",
        ) from exc
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return True


def _take_away(path: Path) -> None:
    """Move a stale lock aside before deleting it: of two that see it stale, one succeeds."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.rename(aside)
        aside.unlink()


def _is_stale(path: Path) -> bool:
    try:
        age = time.time() - path.stat().st_mtime
        holder: Any = json.loads(path.read_bytes() or b"null")
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    if not isinstance(holder, dict):  # killed between creating and filling it
        return age > _STALE_AFTER_S
    try:
        known = Holder.from_record(holder)
    except (KeyError, TypeError, ValueError):
        return True
    return not known.is_running if known.is_here else age > _STALE_AFTER_S
