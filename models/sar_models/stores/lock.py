"""A lock file that a killed process does not leave closed for ever."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import ConflictError, StoreError
from sar_models.stores.holder import Holder, this_process

if TYPE_CHECKING:
    from collections.abc import Iterator

_STALE_AFTER_S = 15 * 60
"""Age at which another machine's lock is taken over; a push takes seconds."""
_LOOK_AGAIN_S = 0.01
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@contextlib.contextmanager
def lock_file(
    path: Path, what: str, *, wait_s: float = 0.0, stale_after_s: float = _STALE_AFTER_S
) -> Iterator[None]:
    """Hold a lock that is a file, made by exclusive creation: works on shared folders too.

    A lock whose process is gone is taken over: at once if it ran on this machine, after
    ``stale_after_s`` if on another.

    Parameters
    ----------
    path : Path
        The lock file; its folder has to exist.
    what : str
        What it guards, for messages.
    wait_s : float
        How long to wait for somebody else, in seconds.
    stale_after_s : float
        Age in seconds at which a lock of another machine counts as left behind.

    Raises
    ------
    ConflictError
        If somebody else holds it.
    StoreError
        If the folder is not writable.
    """
    mine = json.dumps(this_process().to_record()).encode()
    deadline = time.monotonic() + wait_s
    while not _taken(path, mine, stale_after_s):
        if time.monotonic() >= deadline:
            raise ConflictError(
                f"Somebody else is writing to {what}",
                remedy=f"Try again in a moment. If nobody is, remove {str(path)!r}.",
            )
        time.sleep(_LOOK_AGAIN_S)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _taken(path: Path, mine: bytes, stale_after_s: float) -> bool:
    if _create(path, mine):
        return True
    if _is_stale(path, stale_after_s):
        _take_away(path, mine, stale_after_s)
    return not path.exists() and _create(path, mine)


def _create(path: Path, content: bytes) -> bool:
    """Create a file with its content in one step, unless it exists.

    A process that is killed between creating and filling would leave a lock that tells nobody.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        filled = Path(name)
        try:
            return _linked(filled, path) or (not path.exists() and _filled(path, content))
        finally:
            filled.unlink(missing_ok=True)
    except OSError as exc:
        raise StoreError(
            f"Cannot write {str(path)!r}: {exc.strerror or exc}",
            remedy="Check that the folder is writable and has space.",
        ) from exc


def _linked(filled: Path, path: Path) -> bool:
    try:
        os.link(filled, path)
    except FileExistsError:
        return False
    except OSError as exc:
        if exc.errno in _NO_LINKS:
            return False
        raise
    return True


def _filled(path: Path, content: bytes) -> bool:
    """Create and then fill: for file systems without hard links."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return True


def _take_away(path: Path, mine: bytes, stale_after_s: float) -> None:
    """Remove a stale lock under a guard: of two that saw it stale, the second sees a new one."""
    guard = path.with_name(f"{path.name}.guard")
    if not _create(guard, mine):
        # Whoever holds a guard needs microseconds for it: a stale one was left by a kill.
        if _is_stale(guard, stale_after_s):
            guard.unlink(missing_ok=True)
        return
    try:
        if _is_stale(path, stale_after_s):
            path.unlink(missing_ok=True)
    finally:
        guard.unlink(missing_ok=True)


def _is_stale(path: Path, stale_after_s: float) -> bool:
    try:
        age = time.time() - path.stat().st_mtime
        holder: Any = json.loads(path.read_bytes() or b"null")
    except (OSError, ValueError):
        return False
    if not isinstance(holder, dict):  # killed between creating and filling it
        return age > stale_after_s
    try:
        known = Holder.from_record(holder)
    except (KeyError, TypeError, ValueError):
        return True
    return not known.is_running if known.is_here else age > stale_after_s
