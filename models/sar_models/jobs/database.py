"""The SQLite file of a queue: opening, transactions, and its errors in our words."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError, StoreError
from sar_models.jobs.local_disk import check_local
from sar_models.jobs.schema import VERSION, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUSY_MS = 30_000
"""How long one process waits while others write; they do so for milliseconds."""


class Database:
    """One connection to a queue, which any thread may use; one at a time does.

    Parameters
    ----------
    path : Path
        The file.
    create : bool
        Make it if it is not there.

    Raises
    ------
    InputError
        If it is not there and not to be made.
    StoreError
        If it lies on a shared disk, or cannot be opened.
    RecordError
        If it is no queue, or a newer version's.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._lock = threading.RLock()
        if not create and not path.is_file():
            raise InputError(
                f"There is no queue in {str(path.parent)!r}",
                remedy="Give the folder that `sar-align batch --out` wrote, and its --queue if it "
                "had one.",
            )
        check_local(path.parent)
        with self._translated():
            # isolation_level None: transactions begin and end where it is written down.
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        self._connection.row_factory = sqlite3.Row
        with self._translated():
            found = self._connection.execute("PRAGMA user_version").fetchone()[0]
            mode = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            # With a write-ahead log this loses no commit to a killed process; a power cut may take
            # the last ones, whose results stand in their folders and are found again.
            self._connection.execute("PRAGMA synchronous = NORMAL")
        if mode != "wal":
            raise StoreError(
                f"{str(self.path)!r} cannot have a write-ahead log (it has {mode!r})",
                remedy="Give a folder on a disk of this machine with --queue.",
            )
        if found != VERSION:
            with self.writing() as connection:
                migrate(connection, str(self.path))
        else:
            migrate(self._connection, str(self.path))

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection; each statement sees a whole state of the queue."""
        with self._lock, self._translated():
            yield self._connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction that no other process writes during."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close it; closing twice is no error."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise StoreError(
                f"The queue {str(self.path)!r} cannot be used: {exc}",
                remedy="Check that its folder is writable and its disk not full. If it is damaged, "
                "remove it and run the same command: finished results are found again.",
            ) from exc
