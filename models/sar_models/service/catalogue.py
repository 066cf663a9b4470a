"""Which folder an alignment's id means."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError
from sar_models.jobs import State
from sar_models.service.problems import Missing, Refusal
from sar_models.stores.alignment_folder import ARRAYS_NAME, RECORD_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sar_models.jobs import Queue
    from sar_models.service.roots import Roots

_MOST = 10_000


class Catalogue:
    """Alignments by id: results of jobs under the job's, opened folders under their content's.

    Ids of opened folders are forgotten when the server ends, or when ten thousand others were
    opened since. Threads may share it.

    Parameters
    ----------
    queue : Queue
    roots : Roots
    """

    def __init__(self, queue: Queue, roots: Roots) -> None:
        self._queue, self._roots = queue, roots
        self._lock = threading.Lock()
        self._opened: OrderedDict[str, Path] = OrderedDict()
        self._results: OrderedDict[str, Path] = OrderedDict()

    def folder_named(self, text: str) -> Path:
        """Return the alignment folder below a root that a client names.

        Raises
        ------
        InputError
            If it lies elsewhere, or is no alignment folder.
        """
        folder = self._roots.resolve(text)
        if not (folder / RECORD_NAME).is_file():
            raise InputError(
                f"{folder.name!r} is no alignment folder",
                remedy="Name a folder that `sar-align align` or `batch` wrote.",
            )
        self._check_contents(folder)
        return folder

    def add(self, alignment: str, folder: Path) -> None:
        """Remember an opened folder under an id."""
        with self._lock:
            _remember(self._opened, alignment, folder)

    def folder_of(self, alignment: str) -> Path:
        """Return the folder of an alignment.

        Raises
        ------
        Missing
            If there is none with this id.
        Refusal
            If it is the id of a job that is not done.
        """
        with self._lock:
            folder = self._results.get(alignment) or self._opened.get(alignment)
        if folder is None:
            folder = self._result_of(alignment)
            with self._lock:
                _remember(self._results, alignment, folder)
        if not (folder / RECORD_NAME).is_file():
            raise Missing("alignment any more", "Its folder was moved or removed.")
        return folder

    def ids_of(self, names: Sequence[str]) -> list[str | None]:
        """Return the ids of results by the names of their folders; none where no job is known."""
        return [self._id_of(name) for name in names]

    def _id_of(self, name: str) -> str | None:
        try:
            job = self._queue.find(name.rpartition("--")[2])
        except InputError:
            return None
        return job.id if job.folder == name and job.state is State.DONE else None

    def may_read(self, path: Path) -> bool:
        """Tell whether a file of an alignment folder is there, and is no link to elsewhere."""
        real = path.resolve()
        allowed = (*self._roots.folders, self._queue.layout.results.resolve())
        return real.is_file() and any(real.is_relative_to(folder) for folder in allowed)

    def _result_of(self, alignment: str) -> Path:
        try:
            job = self._queue.job(alignment)
        except InputError as exc:
            raise Missing("alignment", "Give the id of a finished job, or open a folder.") from exc
        if job.state is not State.DONE:
            raise Refusal(409, f"The job is {job.state.value}", "Wait until it is done.")
        return self._queue.layout.results / job.folder

    def _check_contents(self, folder: Path) -> None:
        """Refuse a folder whose files are links to elsewhere: they would be read through it."""
        for name in (RECORD_NAME, ARRAYS_NAME):
            self._roots.resolve(str(folder / name))


def _remember(known: OrderedDict[str, Path], alignment: str, folder: Path) -> None:
    known[alignment] = folder
    known.move_to_end(alignment)
    while len(known) > _MOST:
        known.popitem(last=False)
