"""What a job costs beyond its work, and whether anything grows with their number."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from sar_models.benchmark.jobs.square import TASKS, square_request
from sar_models.jobs import EventKind, Queue, RetryPolicy, Submission
from sar_models.jobs.local import LocalExecutor
from sar_models.jobs.supervisor import work_off
from sar_models.jobs.worker import WorkerOptions
from sar_models.stores.holder import this_process

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Footprint:
    """What the supervisor and its workers hold: megabytes (1e6 bytes), open files, processes."""

    memory_mb: float
    handles: int
    processes: int


@dataclass(frozen=True)
class Overhead:
    """Tiny jobs, one after the other in one worker.

    Parameters
    ----------
    jobs : int
    median_ms, p95_ms : float
        From the end of one job to the end of the next, the tiny work and its files included.
    before, after : Footprint
        After the first tenth of the jobs, and after the last.
    """

    jobs: int
    median_ms: float
    p95_ms: float
    before: Footprint
    after: Footprint


def measure_overhead(out: Path, jobs: int) -> Overhead:
    """Run tiny jobs through a queue in ``out``, which must not be there yet."""
    with Queue.open(out) as queue:
        queue.submit_all(Submission(square_request(number)) for number in range(jobs))
        policy = RetryPolicy()
        options = WorkerOptions(queue.layout, this_process(), policy, TASKS)
        footprints: list[Footprint] = []
        marks = [jobs // 10, jobs - 1]

        def look() -> None:
            while marks and queue.counts().done >= marks[0]:
                marks.pop(0)
                footprints.append(_footprint())

        work_off(queue, LocalExecutor(queue, options, 1), policy, tick=look)
        ends = _ends(queue)
    gaps_ms = [1000 * (later - earlier) for earlier, later in itertools.pairwise(ends)]
    quantiles = statistics.quantiles(gaps_ms, n=20)
    return Overhead(jobs, statistics.median(gaps_ms), quantiles[-1], footprints[0], footprints[-1])


def _ends(queue: Queue) -> list[float]:
    found: list[float] = []
    after = 0
    while events := queue.events(after):
        found += [event.at for event in events if event.kind is EventKind.DONE]
        after = events[-1].number
    return found


def _footprint() -> Footprint:
    here = psutil.Process()
    processes = [here, *here.children(recursive=True)]
    count = "num_fds" if hasattr(here, "num_fds") else "num_handles"
    return Footprint(
        sum(process.memory_info().rss for process in processes) / 1e6,
        sum(int(getattr(process, count)()) for process in processes),
        len(processes),
    )
