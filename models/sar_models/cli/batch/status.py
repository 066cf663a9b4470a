"""``sar-align batch status``: how far a batch is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from sar_models.cli.batch.shared import OutFolder, QueueOption, counts_text, job_record, open_batch
from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_models.jobs import JobFilter, Page, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.jobs import Job, Queue

_SHOWN = 20


def status(out: OutFolder, queue: QueueOption = None, json_: JsonOption = False) -> None:
    """Tell how many pairs are done, which are running, and what failed."""
    with open_batch(out, queue) as opened:
        counts = opened.counts(entries=True)
        running, failed = (_jobs(opened, state) for state in (State.RUNNING, State.FAILED))
    if json_:
        told = {"counts": asdict(counts), "open": counts.open, "out": str(out)}
        jobs = {"running": running, "failed": failed}
        print_json(told | {name: [job_record(job) for job in of] for name, of in jobs.items()})
        return
    stdout.print(counts_text(counts), soft_wrap=True)
    if running or failed:
        stdout.print(_table([*running, *failed]))
    if counts.failed:
        left = f"; {_SHOWN} are shown" if counts.failed > len(failed) else ""
        where = escape(str(out))
        stdout.print(
            f"Records of what failed are in {where}/failures{left}. Try again what failed: "
            f"sar-align batch retry {where}",
            soft_wrap=True,
            highlight=False,
        )


def _jobs(queue: Queue, state: State) -> tuple[Job, ...]:
    return queue.jobs(JobFilter(frozenset({state}), named=True), Page(size=_SHOWN))


def _table(jobs: Sequence[Job]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("job", justify="right")
    for name in ("pair", "state", "what"):
        table.add_column(name, overflow="fold")
    for job in jobs:
        if job.state is State.RUNNING:
            stage = job.stage or "starting"
            what = f"{stage}, {100 * job.fraction:.0f} %"
            what += ", to be cancelled" if job.cancelling else ""
        else:
            what = job.reason
        table.add_row(str(job.number), escape(job.title), job.state.value, escape(what))
    return table
