"""Files and folders that are there whole or not at all, also after a crash."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError, OutputExistsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sar_models.domain.errors import SarAlignError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (*_FULL, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
"""Error numbers with which a file system says no: full, not permitted, broken."""
_PARTIAL = ".partial-"
_ASIDE = ".replaced-"
_STALE_AFTER_S = 24 * 3600


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes ``path`` when the block ends without an error.

    The temporary file lies beside ``path``, is synced to disk, then renamed over it, so that a
    crash leaves the old file or the new one.

    Raises
    ------
    InputError
        If the folder of ``path`` is missing, or ``path`` is a folder.
    StoreError
        If the folder is not writable or full.
    """
    if path.is_dir():
        raise InputError(
            f"Cannot write {str(path)!r}: it is a folder", remedy="Give the name of a file."
        )
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}{_PARTIAL}", dir=path.parent)
    except OSError as exc:
        raise _cannot_write(path, exc) from exc
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        _sync_file(partial)
        # mkstemp makes files private; a result is as public as any file of the user's.
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as exc:
        raise _translated(path, exc) from exc
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a folder to fill; it becomes ``path`` when the block ends without an error.

    An existing folder is moved aside until the new one stands. What a killed process left behind
    is put right first: an old folder that was moved aside comes back, old leftovers go.

    Without ``overwrite`` nothing is ever replaced: of several that fill the same folder at the same
    time, the first to end has it, and the others meet the error.

    Raises
    ------
    OutputExistsError
        If ``path`` exists and ``overwrite`` is not set.
    InputError
        If the parent folder is missing.
    StoreError
        If the parent folder is not writable or full.
    """
    recover_folder(path)
    if path.exists() and not overwrite:
        raise _exists(path)
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{path.name}{_PARTIAL}", dir=path.parent))
    except OSError as exc:
        raise _cannot_write(path, exc) from exc
    _remove_stale(path)
    try:
        yield partial
        sync_tree(partial)
        partial.chmod(0o777 & ~_umask())
        if overwrite:
            _put_in_place(partial, path)
        elif not rename_once(partial, path):
            raise _exists(path)
    except OSError as exc:
        raise _translated(path, exc) from exc
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_writable(path: Path) -> None:
    """Refuse a path that could not be written, before anything long is computed for it.

    Raises
    ------
    InputError
        If its folder is missing.
    StoreError
        If its folder is not writable.
    """
    try:
        Path(tempfile.mkdtemp(prefix=f".{path.name}{_PARTIAL}", dir=path.parent)).rmdir()
    except OSError as exc:
        raise _cannot_write(path, exc) from exc


def recover_folder(path: Path) -> None:
    """Bring back the old folder if a process was killed between its two renames."""
    if path.exists() or not path.parent.is_dir():
        return
    for aside in sorted(path.parent.glob(f".{_escape(path.name)}{_ASIDE}*")):
        aside.rename(path)
        return


def _remove_stale(path: Path) -> None:
    """Remove what killed processes left; a young leftover may belong to one that still runs."""
    limit = time.time() - _STALE_AFTER_S
    for kind in (_PARTIAL, _ASIDE):
        for leftover in path.parent.glob(f".{_escape(path.name)}{kind}*"):
            if leftover.stat().st_mtime < limit:
                shutil.rmtree(leftover, ignore_errors=True)


def rename_once(folder: Path, path: Path) -> bool:
    """Rename a finished folder to ``path``, once and for all; tell whether it became that.

    The rename itself decides, so that of several processes exactly one succeeds, whoever is killed
    meanwhile. The folder has to lie on the same file system, its files synced to disk.
    """
    try:
        folder.rename(path)
    except OSError as exc:
        # A folder that is not empty stands in the way: told differently by every system.
        if path.exists() and exc.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.EACCES):
            return False
        raise
    sync_folder(path.parent)
    return True


def _put_in_place(partial: Path, path: Path) -> None:
    aside = None
    if path.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}{_ASIDE}", dir=path.parent))
        # Renaming onto an empty folder replaces it where the system allows that; elsewhere not.
        aside.rmdir()
        path.rename(aside)
    partial.rename(path)
    sync_folder(path.parent)
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError(
        f"The output {str(path)!r} exists already",
        remedy="Choose another folder, or add --overwrite to replace it.",
    )


def _escape(name: str) -> str:
    """Quote what ``glob`` would read as a pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _translated(path: Path, cause: OSError) -> OSError | SarAlignError:
    """Return what a full disk is to users; other errors may be the reader's in the same block."""
    return _cannot_write(path, cause) if cause.errno in _FULL else cause


def _cannot_write(path: Path, cause: OSError) -> SarAlignError:
    kind = StoreError if cause.errno in REFUSED else InputError
    return kind(
        f"Cannot write {str(path)!r}: {cause.strerror or cause}",
        remedy="Check that the folder exists, is writable and has space.",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_tree(folder: Path) -> None:
    """Make every file of a folder durable."""
    for file in folder.rglob("*"):
        if file.is_file():
            _sync_file(file)


def sync_folder(path: Path) -> None:
    """Make a rename durable; Windows does that by itself and cannot open folders."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
