"""``sar-align benchmark jobs``: what the queue costs, and what it survives."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from sar_models.cli.benchmark.shared import jsonable
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from sar_models.benchmark.jobs.crashes import CrashRun
    from sar_models.benchmark.jobs.overhead import Overhead
    from sar_models.benchmark.jobs.status import StatusTimes


def jobs(
    tiny: Annotated[int, typer.Option(min=100, help="Tiny jobs, for overhead and growth.")] = 2000,
    queued: Annotated[int, typer.Option(min=1, help="Jobs in the queue to look at.")] = 100_000,
    pairs: Annotated[
        int, typer.Option(min=0, help="Generated pairs under kills; 0 leaves them out.")
    ] = 100,
    kills: Annotated[int, typer.Option(min=1, help="Kills, of each kind of victim alike.")] = 9,
    seed: Annotated[int, typer.Option(min=0, help="Seed of moments and victims.")] = 0,
    json_: JsonOption = False,
) -> None:
    """Measure overhead per job, growth, a look at a long queue, and pairs under kill -9."""
    from sar_models.benchmark.jobs.crashes import measure_crashes
    from sar_models.benchmark.jobs.overhead import measure_overhead
    from sar_models.benchmark.jobs.status import measure_status

    with tempfile.TemporaryDirectory() as name, stage_progress("jobs") as progress:
        folder = Path(name)
        progress("tiny jobs", 0.0)
        overhead = measure_overhead(folder / "overhead", tiny)
        progress("a long queue", 0.05)
        status = measure_status(folder / "status", queued)
        crashes = None
        if pairs:
            crashes = measure_crashes(
                folder / "crashes",
                pairs,
                kills,
                seed,
                lambda stage, done: progress(stage, 0.1 + 0.9 * done),
            )
    if json_:
        print_json(jsonable({"overhead": overhead, "status": status, "crashes": crashes}))
    else:
        stdout.print(_table(overhead, status, crashes))


def _table(overhead: Overhead, status: StatusTimes, crashes: CrashRun | None) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    before, after = overhead.before, overhead.after
    rows = [
        (f"{overhead.jobs} tiny jobs, one worker", ""),
        ("  each, end to end", f"{overhead.median_ms:.1f} ms, p95 {overhead.p95_ms:.1f} ms"),
        ("  memory", f"{before.memory_mb:.1f} MB early, {after.memory_mb:.1f} MB at the end"),
        ("  open files", f"{before.handles}, {after.handles}"),
        ("  processes", f"{before.processes}, {after.processes}"),
        (f"A queue of {status.jobs} jobs", ""),
        ("  submit all", f"{status.submit_s:.2f} s"),
        ("  counts and first jobs", f"{status.status_s:.2f} s"),
        (
            "  sar-align batch status",
            f"{status.command_s:.2f} s ({status.bare_command_s:.2f} s for --version alone)",
        ),
    ]
    if crashes is not None:
        rows += [
            (f"{crashes.pairs} pairs, two workers, {crashes.kills} times kill -9", ""),
            ("  done", f"{crashes.done} in {crashes.attempts} attempts"),
            ("  committed twice", str(crashes.committed_twice)),
            ("  equal to the serial run", str(crashes.equal)),
            ("  wall time", f"{crashes.killed_s:.0f} s; serial {crashes.serial_s:.0f} s"),
        ]
    for row in rows:
        table.add_row(*row)
    return table
