"""The queue: what callers ask of it. What workers ask of it is in :mod:`sar_models.jobs.lease`."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sar_models.domain.errors import ConflictError, InputError
from sar_models.jobs.database import Database
from sar_models.jobs.events import Event, EventKind, read_events, record_event
from sar_models.jobs.job import Job, State, job_of
from sar_models.jobs.layout import Layout
from sar_models.jobs.listing import Counts, JobFilter, Page, count_jobs, list_entries, list_jobs

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from sar_models.jobs.request import JobId, Request

_MIN_PREFIX = 6


@dataclass(frozen=True)
class Submission:
    """A request on its way into the queue.

    Parameters
    ----------
    request : Request
    priority : int
        Higher ones come first; equal ones in the order of submission.
    entry : str or None
        A name that this request stands for from now on, as a pair of a batch has one. What stood
        for it before is cancelled if it still waits and no other name stands for it.
    """

    request: Request
    priority: int = 0
    entry: str | None = None


class Queue:
    """Jobs on disk: they survive whatever is killed, and any number of processes share them.

    Threads may share one object. Every method is one short transaction: it happened, or it did
    not. Nothing is run here; :mod:`sar_models.jobs.supervisor` does that, in any process.

    Parameters
    ----------
    layout : Layout
        Its folders.
    create : bool
        Make the queue if it is not there.

    Raises
    ------
    InputError
        If it is not there and not to be made, or a file is where a folder should be.
    StoreError
        If it lies on a shared disk, or cannot be read or written.
    RecordError
        If it is no queue, or a newer version's.

    Examples
    --------
    >>> with Queue.open(Path("out")) as queue:
    ...     job_id = queue.submit(pair_request(source, target, AlignOptions()))
    ...     seen = 0
    ...     while not queue.job(job_id).state.is_final:
    ...         for event in queue.events(seen):
    ...             seen = event.number
    """

    def __init__(self, layout: Layout, *, create: bool = True) -> None:
        self.layout = layout
        if create:
            layout.create()
        self.database = Database(layout.database, create=create)

    @classmethod
    def open(cls, out: Path, *, create: bool = True) -> Queue:
        """Open the queue in the folder ``out``; see the class for errors."""
        return cls(Layout(out), create=create)

    def submit(
        self,
        request: Request,
        priority: int = 0,
        *,
        entry: str | None = None,
        refresh: bool = False,
    ) -> JobId:
        """Ask for a piece of work; return the id of the job that stands for it.

        Asking twice is asking once. A job that was done by an older version of the engine is the
        answer too, unless ``refresh`` is set; then the id is that job's. One that was cancelled is
        queued again; one that failed stays so until :meth:`retry`.

        Parameters
        ----------
        request : Request
        priority : int
            Higher ones come first. Asking again can raise it, never lower it.
        entry : str or None
            See :class:`Submission`.
        refresh : bool
            Do it again with this version, even if an older one did it.
        """
        return self.submit_all([Submission(request, priority, entry)], refresh=refresh)[0]

    def submit_all(
        self, submissions: Iterable[Submission], *, refresh: bool = False
    ) -> list[JobId]:
        """Submit many at once, all or none; return the ids in their order."""
        with self.database.writing() as connection:
            return [_submit(connection, one, refresh=refresh) for one in submissions]

    def job(self, job: JobId) -> Job:
        """Return a job as it stands.

        Raises
        ------
        InputError
            If there is none with this id.
        """
        with self.database.reading() as connection:
            return job_of(_row(connection, job))

    def find(self, name: str) -> Job:
        """Return the job that a number, an id or the beginning of an id names.

        Raises
        ------
        InputError
            If none does, or several.
        """
        with self.database.reading() as connection:
            if name.isdecimal() and len(name) < _MIN_PREFIX * 2:
                query, value = "number = ?", name
            else:
                query, value = "substr(id, 1, length(?1)) = ?1", name.lower()
            rows = connection.execute(f"SELECT * FROM jobs WHERE {query} LIMIT 2", (value,))
            found = rows.fetchall() if name.isdecimal() or len(name) >= _MIN_PREFIX else []
        if len(found) == 1:
            return job_of(found[0])
        raise InputError(
            f"{'Several jobs are' if found else 'No job is'} named {name!r}",
            remedy="Give its number, or at least six digits of its id; `sar-align batch status` "
            "lists them.",
        )

    def jobs(self, where: JobFilter | None = None, page: Page | None = None) -> tuple[Job, ...]:
        """Return jobs by number: those that fit, a page at a time."""
        with self.database.reading() as connection:
            return list_jobs(connection, where or JobFilter(), page or Page())

    def entries(self, after: str = "", size: int = 1000) -> tuple[tuple[str, Job], ...]:
        """Return names with the job that stands for each, by name, a page at a time."""
        with self.database.reading() as connection:
            return list_entries(connection, after, size)

    def counts(self, *, entries: bool = False) -> Counts:
        """Return how many jobs are in each state, or how many entries are."""
        with self.database.reading() as connection:
            return count_jobs(connection, entries=entries)

    def is_idle(self) -> bool:
        """Tell whether no job waits or runs."""
        query = "SELECT 1 FROM jobs WHERE state IN ('queued', 'running') LIMIT 1"
        with self.database.reading() as connection:
            return connection.execute(query).fetchone() is None

    def events(
        self, after: int = 0, *, job: JobId | None = None, limit: int = 1000
    ) -> tuple[Event, ...]:
        """Return what happened after event number ``after``, of one job or of all, in order."""
        with self.database.reading() as connection:
            return read_events(connection, after, job, limit)

    def last_event(self) -> int:
        """Return the number of the latest event, from which new ones can be followed."""
        with self.database.reading() as connection:
            row = connection.execute("SELECT max(number) FROM events").fetchone()
            return int(row[0] or 0)

    def cancel(self, job: JobId) -> Job:
        """Ask a job to stop; return it as it then stands.

        One that waits is cancelled at once, one that runs within seconds; one that has ended stays
        as it is.

        Raises
        ------
        InputError
            If there is none with this id.
        """
        with self.database.writing() as connection:
            row = _row(connection, job)
            if row["state"] == State.QUEUED:
                _cancel_waiting(connection, row["number"], "cancelled")
            elif row["state"] == State.RUNNING and not row["cancelling"]:
                connection.execute(
                    "UPDATE jobs SET cancelling = 1 WHERE number = ?", (row["number"],)
                )
                record_event(connection, row["number"], EventKind.CANCELLING)
            return job_of(_row(connection, job))

    def retry(self, job: JobId, *, even_done: bool = False) -> Job:
        """Queue a job again that failed or was cancelled, as if it were new.

        Parameters
        ----------
        job : JobId
        even_done : bool
            Also one that is done, because its result is gone.

        Raises
        ------
        InputError
            If there is none with this id.
        ConflictError
            If it is not at its end, or done.
        """
        with self.database.writing() as connection:
            row = _row(connection, job)
            state = State(row["state"])
            if not state.is_final or (state is State.DONE and not even_done):
                raise ConflictError(
                    f"Job {row['number']} ({row['title']}) is {state.value}",
                    remedy="Only jobs that failed or were cancelled can be tried again.",
                )
            _queue_again(connection, row["number"])
            return job_of(_row(connection, job))

    def close(self) -> None:
        """Close it; closing twice is no error."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _row(connection: sqlite3.Connection, job: JobId) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM jobs WHERE id = ?", (job,)
    ).fetchone()
    if row is None:
        raise InputError(f"There is no job {job!r}", remedy="Ask the queue for its jobs.")
    return row


def _submit(connection: sqlite3.Connection, one: Submission, *, refresh: bool) -> JobId:
    request = one.request
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (request.id,)).fetchone()
    if row is None and not refresh:
        row = connection.execute(
            "SELECT * FROM jobs WHERE subject = ? AND state = ? ORDER BY number DESC LIMIT 1",
            (request.subject, State.DONE.value),
        ).fetchone()
    if row is None:
        number, job = _insert(connection, one), request.id
    else:
        number, job = row["number"], row["id"]
        if State(row["state"]) not in (State.DONE, State.RUNNING):
            # Where the inputs lie is no part of what is asked: they may have moved.
            connection.execute(
                "UPDATE jobs SET request = ?, priority = max(priority, ?) WHERE number = ?",
                (json.dumps(request.values), one.priority, number),
            )
        if row["state"] == State.CANCELLED:
            _queue_again(connection, number)
    if one.entry is not None:
        _enter(connection, one.entry, number)
    return str(job)


def _insert(connection: sqlite3.Connection, one: Submission) -> int:
    request, now = one.request, time.time()
    cursor = connection.execute(
        "INSERT INTO jobs (id, subject, kind, title, request, folder, priority, state, ready_at,"
        " submitted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(request.id, request.subject, request.kind, request.title),
            *(json.dumps(request.values), request.folder, one.priority),
            *(State.QUEUED.value, now, now),
        ),
    )
    number = int(cursor.lastrowid or 0)
    record_event(connection, number, EventKind.SUBMITTED)
    return number


def _enter(connection: sqlite3.Connection, name: str, number: int) -> None:
    """Let a job stand for a name; what stood for it before has no reason to run any more."""
    row = connection.execute("SELECT job FROM entries WHERE name = ?", (name,)).fetchone()
    connection.execute("INSERT OR REPLACE INTO entries (name, job) VALUES (?, ?)", (name, number))
    if row is None or row["job"] == number:
        return
    others = connection.execute("SELECT 1 FROM entries WHERE job = ?", (row["job"],)).fetchone()
    state = connection.execute("SELECT state FROM jobs WHERE number = ?", (row["job"],)).fetchone()
    if others is None and state["state"] == State.QUEUED:
        _cancel_waiting(connection, row["job"], "another request took its place")


def _cancel_waiting(connection: sqlite3.Connection, number: int, reason: str) -> None:
    connection.execute(
        "UPDATE jobs SET state = ?, reason = ?, finished_at = ? WHERE number = ?",
        (State.CANCELLED.value, reason, time.time(), number),
    )
    record_event(connection, number, EventKind.CANCELLED, reason=reason)


def _queue_again(connection: sqlite3.Connection, number: int) -> None:
    connection.execute(
        "UPDATE jobs SET state = ?, failures = 0, interruptions = 0, cancelling = 0, ready_at = ?,"
        " reason = '', stage = '', fraction = 0, result = NULL, started_at = NULL,"
        " finished_at = NULL WHERE number = ?",
        (State.QUEUED.value, time.time(), number),
    )
    record_event(connection, number, EventKind.RETRIED)
