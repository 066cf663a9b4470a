"""Lists and counts of jobs, quick however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.errors import OptionError
from sar_models.jobs.job import Job, State, job_of

if TYPE_CHECKING:
    import sqlite3

_LARGEST_PAGE = 10_000


@dataclass(frozen=True)
class JobFilter:
    """Which jobs to list.

    Parameters
    ----------
    states : frozenset of State
        None of them: all states.
    text : str
        Part of the title, whatever its letters' case.
    named : bool
        Only those that stand for an entry at present.
    """

    states: frozenset[State] = frozenset()
    text: str = ""
    named: bool = False


@dataclass(frozen=True)
class Page:
    """Which part of a list: at most ``size`` jobs whose number is above ``after``."""

    after: int = 0
    size: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.size <= _LARGEST_PAGE:
            raise OptionError(f"A page of {self.size!r} jobs", remedy=f"Give 1 to {_LARGEST_PAGE}.")


@dataclass(frozen=True)
class Counts:
    """How many jobs are in each state."""

    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def open(self) -> int:
        """Those that are not at their end."""
        return self.queued + self.running

    @property
    def total(self) -> int:
        """All of them."""
        return self.open + self.done + self.failed + self.cancelled


def list_jobs(connection: sqlite3.Connection, where: JobFilter, page: Page) -> tuple[Job, ...]:
    """Return a page of the jobs that fit, by number."""
    conditions = ["number > ?"]
    parameters: list[object] = [page.after]
    if where.states:
        states = sorted(state.value for state in where.states)
        conditions.append(f"state IN ({', '.join('?' * len(states))})")
        parameters += states
    if where.text:
        conditions.append("instr(lower(title), lower(?)) > 0")
        parameters.append(where.text)
    if where.named:
        conditions.append("EXISTS (SELECT 1 FROM entries WHERE entries.job = jobs.number)")
    rows = connection.execute(
        f"SELECT * FROM jobs WHERE {' AND '.join(conditions)} ORDER BY number LIMIT ?",
        (*parameters, page.size),
    )
    return tuple(job_of(row) for row in rows)


def list_entries(
    connection: sqlite3.Connection, after: str, size: int
) -> tuple[tuple[str, Job], ...]:
    """Return a page of names and the jobs that stand for them, by name."""
    rows = connection.execute(
        "SELECT entries.name AS entry, jobs.* FROM entries JOIN jobs ON jobs.number = entries.job"
        " WHERE entries.name > ? ORDER BY entries.name LIMIT ?",
        (after, size),
    )
    return tuple((row["entry"], job_of(row)) for row in rows)


def count_jobs(connection: sqlite3.Connection, *, entries: bool) -> Counts:
    """Return how many jobs, or how many entries, are in each state."""
    table = "entries JOIN jobs ON jobs.number = entries.job" if entries else "jobs"
    rows = connection.execute(f"SELECT state, count(*) FROM {table} GROUP BY state")
    return Counts(**{state: int(count) for state, count in rows})
