"""Where a queue, its results and what is left of failures lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

DATABASE_NAME = "queue.sqlite3"


@dataclass(frozen=True)
class Layout:
    """The folders of a queue.

    Parameters
    ----------
    out : Path
        What people see: results, failures, summary.
    queue : Path or None
        Folder of the database, which has to be on a local disk; ``None`` keeps it in ``out``.
    """

    out: Path
    queue: Path | None = None

    @property
    def inner(self) -> Path:
        """What only the queue looks at."""
        return self.out / ".sar-align"

    @property
    def database(self) -> Path:
        """The database file."""
        return (self.queue or self.inner) / DATABASE_NAME

    @property
    def results(self) -> Path:
        """One folder for every result."""
        return self.out / "pairs"

    @property
    def failures(self) -> Path:
        """One folder for every job that failed, with what is known of it."""
        return self.out / "failures"

    @property
    def work(self) -> Path:
        """Results in the making; on the same file system as the results."""
        return self.inner / "work"

    @property
    def logs(self) -> Path:
        """What workers print."""
        return self.inner / "logs"

    def create(self) -> None:
        """Make the folders.

        Raises
        ------
        InputError
            If ``out`` or ``queue`` is a file.
        StoreError
            If they cannot be made.
        """
        for folder in (self.database.parent, self.results, self.work, self.logs):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError) as exc:
                raise InputError(
                    f"{str(folder)!r} cannot be made: a file is in its place",
                    remedy="Choose another folder.",
                ) from exc
            except OSError as exc:
                raise StoreError(
                    f"Cannot write {str(folder)!r}: {exc.strerror or exc}",
                    remedy="Check that the folder is writable and has space.",
                ) from exc
