"""``sar-align batch retry`` and ``cancel``: change what a queue is to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from sar_models.cli.batch.shared import JobsArgument, OutFolder, QueueOption, open_batch
from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_models.domain.errors import InputError
from sar_models.jobs import JobFilter, Page, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sar_models.jobs import Job, Queue

_ENDED_BADLY = frozenset({State.FAILED, State.CANCELLED})
_OPEN = frozenset({State.QUEUED, State.RUNNING})


def retry(
    out: OutFolder, jobs: JobsArgument = None, queue: QueueOption = None, json_: JsonOption = False
) -> None:
    """Queue again what failed or was cancelled; the same `batch` command then works on it.

    A run that is still going takes it up at once.
    """
    with open_batch(out, queue) as opened:
        changed = _each(opened, jobs, _ENDED_BADLY, lambda job: opened.retry(job.id))
    _tell("queued again", changed, out, as_json=json_, then="Run the same batch command to go on.")


def cancel(
    out: OutFolder, jobs: JobsArgument = None, queue: QueueOption = None, json_: JsonOption = False
) -> None:
    """Stop pairs that wait or run; what is done stays.

    One that runs stops within seconds. `retry` queues them again.
    """
    with open_batch(out, queue) as opened:
        changed = _each(opened, jobs, _OPEN, lambda job: opened.cancel(job.id))
    _tell("cancelled", changed, out, as_json=json_)


def _each(
    queue: Queue,
    names: Sequence[str] | None,
    states: frozenset[State],
    change: Callable[[Job], Job],
) -> list[Job]:
    if names:
        # All are looked up before the first is changed: a wrong one changes nothing.
        return [change(job) for job in [_found(queue, name, states) for name in names]]
    return [change(job) for job in list(_asked_for(queue, states))]


def _found(queue: Queue, name: str, states: frozenset[State]) -> Job:
    """Return a job by its name, if it is in one of some states."""
    job = queue.find(name)
    if job.state not in states:
        raise InputError(
            f"Job {job.number} ({job.title}) is {job.state.value}",
            remedy=f"Name only jobs that are {' or '.join(sorted(states))}, or none for all.",
        )
    return job


def _asked_for(queue: Queue, states: frozenset[State]) -> Iterator[Job]:
    """Yield the jobs in some states that stand for a pair."""
    after = 0
    while page := queue.jobs(JobFilter(states, named=True), Page(after, 1000)):
        yield from page
        after = page[-1].number


def _tell(what: str, jobs: Sequence[Job], out: Path, *, as_json: bool, then: str = "") -> None:
    if as_json:
        print_json({"changed": [job.number for job in jobs], "out": str(out)})
        return
    if not jobs:
        stdout.print("Nothing to do.")
        return
    for job in jobs[:20]:
        stdout.print(f"{job.number:>6}  {escape(job.title)}", soft_wrap=True, highlight=False)
    more = f", {len(jobs) - 20} more than shown" if len(jobs) > 20 else ""
    stdout.print(f"{len(jobs)} {what}{more}. {then}".rstrip(), soft_wrap=True)
