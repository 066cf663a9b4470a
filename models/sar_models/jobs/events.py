"""What happened to jobs, in order, for those who follow them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sar_models.jobs.request import JobId


class EventKind(StrEnum):
    """What can happen to a job."""

    SUBMITTED = "submitted"
    STARTED = "started"
    PROGRESS = "progress"
    """With ``stage`` and ``fraction``; those of a finished job are forgotten."""
    COMMITTED = "committed"
    """Its result was put in place: once for every job, ever."""
    FOUND = "found"
    """Its result stood already."""
    DONE = "done"
    ATTEMPT_FAILED = "attempt-failed"
    """It will be tried again, with ``reason`` and ``delay_s``."""
    INTERRUPTED = "interrupted"
    """All around it ended; it goes on at once."""
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    RETRIED = "retried"


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Parameters
    ----------
    number : int
        Rises; following events means asking for those after the last one seen.
    job : JobId
    at : float
        Seconds since the epoch.
    kind : EventKind
    data : mapping
        What belongs to the kind, as JSON values.
    """

    number: int
    job: JobId
    at: float
    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict)


def record_event(connection: sqlite3.Connection, job: int, kind: EventKind, **data: Any) -> None:
    """Write an event down, in the caller's transaction."""
    connection.execute(
        "INSERT INTO events (job, at, kind, data) VALUES (?, ?, ?, ?)",
        (job, time.time(), kind.value, json.dumps(data)),
    )


def forget_progress(connection: sqlite3.Connection, job: int) -> None:
    """Forget how far a job was: it has ended, and the table must not grow with every step."""
    connection.execute(
        "DELETE FROM events WHERE job = ? AND kind = ?", (job, EventKind.PROGRESS.value)
    )


def read_events(
    connection: sqlite3.Connection, after: int, job: JobId | None, limit: int
) -> tuple[Event, ...]:
    """Return events by number, of one job or of all."""
    rows = connection.execute(
        "SELECT events.number, jobs.id, at, events.kind, data FROM events"
        " JOIN jobs ON jobs.number = events.job WHERE events.number > ?"
        + (" AND jobs.id = ?" if job else "")
        + " ORDER BY events.number LIMIT ?",
        (after, *([job] if job else []), limit),
    )
    return tuple(
        Event(number, job_id, at, EventKind(kind), json.loads(data))
        for number, job_id, at, kind, data in rows
    )
