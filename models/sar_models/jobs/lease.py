"""Who runs a job, for how long, and what becomes of it: what workers ask of the queue.

A lease is a job together with its ``attempt``, which rises with every claim: whoever holds an
older one is told that the job is not theirs any more, and changes nothing.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from sar_models.jobs.events import EventKind, forget_progress, record_event
from sar_models.jobs.job import Job, State, job_of
from sar_models.jobs.retrying import RetryPolicy
from sar_models.stores.holder import Holder

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sar_models.jobs.database import Database

LEASE_S = 30.0
"""How long a job stays somebody's who gives no sign of life."""


# Of its own accord SQLite would sort all that wait, for every claim.
NEXT_JOB = (
    "SELECT number FROM jobs INDEXED BY jobs_waiting WHERE state = 'queued' AND ready_at <= ?"
    " ORDER BY priority DESC, number LIMIT 1"
)


class Standing(Enum):
    """What a holder is told when it gives a sign of life."""

    HELD = "held"
    CANCELLING = "cancelling"
    LOST = "lost"


@dataclass(frozen=True)
class Leases:
    """The workers' side of a queue.

    Parameters
    ----------
    database : Database
    policy : RetryPolicy
        What becomes of jobs that fail.
    lease_s : float
        How long a job stays somebody's who gives no sign of life.
    """

    database: Database
    policy: RetryPolicy = RetryPolicy()  # noqa: RUF009 - frozen, shared safely
    lease_s: float = LEASE_S

    def claim(self, worker: Holder, boss: Holder) -> Job | None:
        """Take the next job that is ready; ``None`` if there is none.

        Parameters
        ----------
        worker : Holder
            The process that will run it.
        boss : Holder
            The process that sees to it when the worker dies.
        """
        # Looking takes no lock: idle workers must not slow down those that write.
        with self.database.reading() as connection:
            if connection.execute(NEXT_JOB, (time.time(),)).fetchone() is None:
                return None
        with self.database.writing() as connection:
            now = time.time()
            row = connection.execute(NEXT_JOB, (now,)).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = ?, boss = ?,"
                " lease_until = ?, started_at = ?, stage = '', fraction = 0, reason = ''"
                " WHERE number = ?",
                (_text(worker), _text(boss), now + self.lease_s, now, row["number"]),
            )
            job = job_of(_row(connection, row["number"]))
            record_event(connection, job.number, EventKind.STARTED, attempt=job.attempt)
            return job

    def renew(self, lease: Job, progress: tuple[str, float] | None = None) -> Standing:
        """Give a sign of life, and tell how far the job is: (stage, fraction)."""
        with self.database.writing() as connection:
            row = _held(connection, lease)
            if row is None:
                return Standing.LOST
            connection.execute(
                "UPDATE jobs SET lease_until = ? WHERE number = ?",
                (time.time() + self.lease_s, lease.number),
            )
            if progress is not None:
                stage, fraction = progress
                connection.execute(
                    "UPDATE jobs SET stage = ?, fraction = ? WHERE number = ?",
                    (stage, fraction, lease.number),
                )
                record_event(
                    connection, lease.number, EventKind.PROGRESS, stage=stage, fraction=fraction
                )
            return Standing.CANCELLING if row["cancelling"] else Standing.HELD

    def finish(self, lease: Job, result: Mapping[str, Any], *, found: bool) -> bool:
        """Mark a job done whose result stands; tell whether it was still the holder's.

        Parameters
        ----------
        lease : Job
        result : mapping
            What to remember of it, as JSON values.
        found : bool
            The result stood already, from another attempt.
        """
        with self.database.writing() as connection:
            if _held(connection, lease) is None:
                return False
            connection.execute(
                "UPDATE jobs SET result = ?, fraction = 1 WHERE number = ?",
                (json.dumps(result), lease.number),
            )
            kind = EventKind.FOUND if found else EventKind.COMMITTED
            record_event(connection, lease.number, kind, attempt=lease.attempt)
            _end(connection, lease.number, State.DONE, "")
            return True

    def fail(self, lease: Job, reason: str, *, permanent: bool) -> State | None:
        """Tell that an attempt raised an error; return the job's state, ``None`` if not held.

        Parameters
        ----------
        lease : Job
        reason : str
        permanent : bool
            It would fail again: nothing is retried.
        """
        with self.database.writing() as connection:
            row = _held(connection, lease)
            return None if row is None else self._failed(connection, row, reason, permanent)

    def give_back(self, lease: Job) -> None:
        """Let go of a job that was not finished, without holding it against the job."""
        with self.database.writing() as connection:
            row = _held(connection, lease)
            if row is not None:
                _queue_again(connection, row, EventKind.INTERRUPTED, "it was interrupted", 0.0)

    def cancelled(self, lease: Job) -> None:
        """Tell that a job was stopped because somebody asked for it."""
        with self.database.writing() as connection:
            if _held(connection, lease) is not None:
                _end(connection, lease.number, State.CANCELLED, "cancelled")

    def held_by(self, worker: Holder) -> Job | None:
        """Return the job that a process runs, if it runs one."""
        with self.database.reading() as connection:
            rows = connection.execute("SELECT * FROM jobs WHERE state = 'running'").fetchall()
        return next((job_of(row) for row in rows if _holder(row, "worker").is_same(worker)), None)

    def died(self, worker: Holder, reason: str) -> Job | None:
        """Tell that a worker's process is gone; return the job that it ran, as it then stands.

        Only who looks after the worker, and knows that nothing else ended with it, may blame its
        job.
        """
        job = self.held_by(worker)
        if job is None or self.fail(job, reason, permanent=False) is None:
            return None
        with self.database.reading() as connection:
            return job_of(_row(connection, job.number))

    def abandoned(self, worker: Holder) -> None:
        """Tell that a worker ended in order; what it may have run is not to blame."""
        job = self.held_by(worker)
        if job is not None:
            self.give_back(job)

    def recover(self) -> list[Job]:
        """Queue again what nobody runs any more; return those jobs as they then stand.

        A job is nobody's when its holder gave no sign of life for the length of a lease, or when
        its process and the one that looked after it are both gone.
        """
        with self.database.reading() as connection:
            rows = connection.execute("SELECT * FROM jobs WHERE state = 'running'").fetchall()
        orphans = [(row["number"], row["attempt"]) for row in rows if self._is_nobodys(row)]
        recovered: list[Job] = []
        for number, attempt in orphans:
            with self.database.writing() as connection:
                row = _row(connection, number)
                # Looking at processes takes a moment, in which another may have done the same.
                if row["state"] == State.RUNNING and row["attempt"] == attempt:
                    self._interrupted(connection, row)
                    recovered.append(job_of(_row(connection, number)))
        return recovered

    def _is_nobodys(self, row: sqlite3.Row) -> bool:
        if row["lease_until"] < time.time():
            return True
        holders = [_holder(row, name) for name in ("worker", "boss")]
        return all(holder.is_here and not holder.is_running for holder in holders)

    def _interrupted(self, connection: sqlite3.Connection, row: sqlite3.Row) -> None:
        count = row["interruptions"] + 1
        connection.execute(
            "UPDATE jobs SET interruptions = ? WHERE number = ?", (count, row["number"])
        )
        if count > self.policy.interruptions:
            reason = f"it was running {count} times when everything around it ended"
            _end(connection, row["number"], State.FAILED, reason)
        else:
            _queue_again(connection, row, EventKind.INTERRUPTED, "it was interrupted", 0.0)

    def _failed(
        self, connection: sqlite3.Connection, row: sqlite3.Row, reason: str, permanent: bool
    ) -> State:
        failures = row["failures"] + 1
        connection.execute(
            "UPDATE jobs SET failures = ? WHERE number = ?", (failures, row["number"])
        )
        delay_s = None if permanent else self.policy.delay_s(failures)
        if delay_s is None:
            _end(connection, row["number"], State.FAILED, reason)
            return State.FAILED
        return _queue_again(connection, row, EventKind.ATTEMPT_FAILED, reason, delay_s)


def _text(holder: Holder) -> str:
    return json.dumps(holder.to_record(), sort_keys=True)


def _holder(row: sqlite3.Row, name: str) -> Holder:
    return Holder.from_record(json.loads(row[name]))


def _row(connection: sqlite3.Connection, number: int) -> sqlite3.Row:
    row: sqlite3.Row = connection.execute(
        "SELECT * FROM jobs WHERE number = ?", (number,)
    ).fetchone()
    return row


def _held(connection: sqlite3.Connection, lease: Job) -> sqlite3.Row | None:
    row = _row(connection, lease.number)
    return row if row["state"] == State.RUNNING and row["attempt"] == lease.attempt else None


def _queue_again(
    connection: sqlite3.Connection, row: sqlite3.Row, kind: EventKind, reason: str, delay_s: float
) -> State:
    """Queue a job again, unless it was asked to stop meanwhile."""
    if row["cancelling"]:
        _end(connection, row["number"], State.CANCELLED, "cancelled")
        return State.CANCELLED
    connection.execute(
        "UPDATE jobs SET state = 'queued', ready_at = ?, reason = ?, worker = NULL, boss = NULL,"
        " lease_until = NULL, stage = '', fraction = 0 WHERE number = ?",
        (time.time() + delay_s, reason, row["number"]),
    )
    forget_progress(connection, row["number"])
    record_event(connection, row["number"], kind, reason=reason, delay_s=delay_s)
    return State.QUEUED


def _end(connection: sqlite3.Connection, number: int, state: State, reason: str) -> None:
    connection.execute(
        "UPDATE jobs SET state = ?, reason = ?, worker = NULL, boss = NULL, lease_until = NULL,"
        " cancelling = 0, stage = '', finished_at = ? WHERE number = ?",
        (state.value, reason, time.time(), number),
    )
    forget_progress(connection, number)
    record_event(connection, number, EventKind(state.value), reason=reason)
