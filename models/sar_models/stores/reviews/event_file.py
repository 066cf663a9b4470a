"""One file of review events: appended to, never rewritten, read from where reading stopped."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import RecordError, StoreError, UnknownVersionError
from sar_models.domain.records import review_from_record, review_to_record
from sar_models.stores.atomic import sync_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sar_models.domain.review import Review

_LONGEST_LINE = 200_000


@dataclass(frozen=True)
class Line:
    """One event where it stands.

    Parameters
    ----------
    number : int
        Line of the file, from 1.
    review : Review
    written_sha256 : str
        Hash that was written with it; another than ``review.sha256`` if the line was changed.
    """

    number: int
    review: Review
    written_sha256: str


@dataclass(frozen=True)
class BadLine:
    """A line that is no event: cut off while it was written, or damaged later."""

    number: int
    problem: str


class EventFile:
    """The events of one reviewer in one file, one JSON object per line.

    Reading again costs only what was appended meanwhile. A last line without its end is not read:
    its writer is still at it, or was killed before anybody was told that it is recorded.

    Parameters
    ----------
    path : Path
        Need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[Line] = []
        self.bad: list[BadLine] = []
        self._read = 0
        self._file_id: tuple[int, int] | None = None

    @property
    def tip(self) -> str | None:
        """Hash of the last event, which the next one cites; ``None`` for no event."""
        return self.lines[-1].review.sha256 if self.lines else None

    def refresh(self) -> None:
        """Read what was appended since.

        Raises
        ------
        UnknownVersionError
            If a newer version wrote some of it.
        StoreError
            If the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if (status.st_dev, status.st_ino) != self._file_id or status.st_size < self._read:
                    self.lines, self.bad, self._read = [], [], 0
                    self._file_id = (status.st_dev, status.st_ino)
                file.seek(self._read)
                new = file.read()
        except FileNotFoundError:
            self.lines, self.bad, self._read, self._file_id = [], [], 0, None
            return
        except OSError as exc:
            raise StoreError(f"Cannot read {str(self.path)!r}: {exc.strerror or exc}") from exc
        whole, end, _ = new.rpartition(b"\n")
        if end:
            self._take(whole.split(b"\n"))
            self._read += len(whole) + 1

    def append(self, reviews: Sequence[Review]) -> None:
        """Write events at the end; they are on the disk when this returns.

        The caller holds the reviewer's lock, and has made the first event cite :attr:`tip`.

        Raises
        ------
        StoreError
            If the file cannot be written; then none of the events was recorded.
        """
        records = [json.dumps(review_to_record(review)) for review in reviews]
        data = "".join(f"{record}\n" for record in records).encode("ascii")
        is_new = not self.path.exists()
        try:
            _append_synced(self.path, data)
            if is_new:
                sync_folder(self.path.parent)
        except OSError as exc:
            raise StoreError(
                f"The decision is not recorded: cannot write {str(self.path)!r}: "
                f"{exc.strerror or exc}",
                remedy="Check that the folder is writable and has space, then decide again.",
            ) from exc
        self.refresh()

    def close_torn_line(self) -> None:
        """End a last line that a killed writer left open, so that the next event has its own.

        It is kept: if it is a whole event, it counts; if not, it stays in sight as damaged.
        """
        if not self.path.is_file():
            return
        try:
            with self.path.open("rb") as file:
                file.seek(0, os.SEEK_END)
                if file.tell() == 0:
                    return
                file.seek(-1, os.SEEK_END)
                torn = file.read(1) != b"\n"
            if torn:
                _append_synced(self.path, b"\n")
        except OSError as exc:
            raise StoreError(f"Cannot write {str(self.path)!r}: {exc.strerror or exc}") from exc
        self.refresh()

    def _take(self, lines: Sequence[bytes]) -> None:
        number = len(self.lines) + len(self.bad)
        for line in lines:
            number += 1
            try:
                review, written = review_from_record(_parsed(line))
                self.lines.append(Line(number, review, written))
            except UnknownVersionError as exc:
                raise UnknownVersionError(
                    f"{str(self.path)!r}, line {number}: {exc.message}", remedy=exc.remedy
                ) from exc
            except RecordError as exc:
                self.bad.append(BadLine(number, exc.message))


def _parsed(line: bytes) -> Any:
    if len(line) > _LONGEST_LINE:
        raise RecordError(f"it has {len(line)} bytes")
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise RecordError(f"it is not whole: {exc}") from exc


def _append_synced(path: Path, data: bytes) -> None:
    """Append in one piece and sync; on a full disk nothing of it stays."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o666)
    try:
        before = os.fstat(handle).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, before)
            raise
    finally:
        os.close(handle)
