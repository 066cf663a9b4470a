"""Arguments and words that the commands of ``batch`` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sar_models.jobs import Counts, Layout, Queue

if TYPE_CHECKING:
    from sar_models.jobs import Job

OutFolder = Annotated[Path, typer.Argument(help="Folder that `sar-align batch --out` wrote.")]
QueueOption = Annotated[
    Path | None,
    typer.Option(
        "--queue",
        help="Folder of the queue, where --out is on a shared disk: locks need a local one.",
    ),
]
JobsArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Numbers of jobs, or beginnings of their ids; all that fit if left out."),
]


def open_batch(out: Path, queue: Path | None) -> Queue:
    """Open the queue of a batch that is there already.

    Raises
    ------
    InputError
        If there is none.
    """
    return Queue(Layout(out, queue), create=False)


def counts_text(counts: Counts) -> str:
    """Return counts in words, those that are zero left out."""
    named = {
        "done": counts.done,
        "running": counts.running,
        "waiting": counts.queued,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
    }
    told = [f"{count} {name}" for name, count in named.items() if count]
    return f"{counts.total} pair{'' if counts.total == 1 else 's'}: {', '.join(told) or 'nothing'}"


def job_record(job: Job) -> dict[str, Any]:
    """Return what ``--json`` tells of a job."""
    return {
        "number": job.number,
        "id": job.id,
        "title": job.title,
        "state": job.state.value,
        "stage": job.stage,
        "fraction": round(job.fraction, 3),
        "attempts": job.attempt,
        "reason": job.reason,
    }
