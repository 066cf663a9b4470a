"""A job of the queue, as it stands."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sar_models.jobs.request import JobId


class State(StrEnum):
    """Where a job is on its way."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens unless somebody asks for it."""
        return self in (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Job:
    """A job at one moment; ask the queue again for a later one.

    Parameters
    ----------
    id : JobId
        The request's id.
    number : int
        Short name within its queue, in the order of submission.
    kind, title, values
        As requested.
    folder : str
        Name of the result's folder within the results.
    priority : int
        Higher ones come first.
    state : State
    attempt : int
        How often it was begun, ever.
    failures : int
        How often it raised an error or its worker died, since it was submitted or retried.
    interruptions : int
        How often everything around it ended, which is not held against it for long.
    ready_at : float
        It is not begun before; seconds since the epoch, as all times here.
    stage, fraction : str, float
        Progress of the present attempt.
    cancelling : bool
        It runs and was asked to stop.
    reason : str
        Why it failed, was cancelled, or is tried again.
    result : mapping or None
        What its task told of the result, as JSON values.
    submitted_at, started_at, finished_at : float or None
    """

    id: JobId
    number: int
    kind: str
    title: str
    folder: str
    priority: int
    state: State
    attempt: int
    failures: int
    interruptions: int
    ready_at: float
    stage: str
    fraction: float
    cancelling: bool
    reason: str
    result: Mapping[str, Any] | None
    submitted_at: float
    started_at: float | None
    finished_at: float | None
    values: Mapping[str, Any] = field(repr=False)

    @property
    def seconds(self) -> float | None:
        """Wall time of the attempt that ended it; ``None`` while there is none."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at


def job_of(row: sqlite3.Row) -> Job:
    """Return the job that a row of the table holds."""
    return Job(
        id=row["id"],
        number=row["number"],
        kind=row["kind"],
        title=row["title"],
        folder=row["folder"],
        priority=row["priority"],
        state=State(row["state"]),
        attempt=row["attempt"],
        failures=row["failures"],
        interruptions=row["interruptions"],
        ready_at=row["ready_at"],
        stage=row["stage"],
        fraction=row["fraction"],
        cancelling=bool(row["cancelling"]),
        reason=row["reason"],
        result=None if row["result"] is None else json.loads(row["result"]),
        submitted_at=row["submitted_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        values=json.loads(row["request"]),
    )
