"""How long it takes to look at a queue of very many jobs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.benchmark.jobs.square import square_request
from sar_models.domain.errors import EngineError
from sar_models.jobs import JobFilter, Page, Queue, State, Submission

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class StatusTimes:
    """Seconds for a queue of so many jobs.

    Parameters
    ----------
    jobs : int
    submit_s : float
        All of them, in one transaction.
    status_s : float
        Opening the queue, its counts, and the first jobs of two states.
    command_s : float
        ``sar-align batch status``, from start to end of the process.
    bare_command_s : float
        ``sar-align --version``: what any command takes to start.
    """

    jobs: int
    submit_s: float
    status_s: float
    command_s: float
    bare_command_s: float


def measure_status(out: Path, jobs: int) -> StatusTimes:
    """Fill a queue in ``out``, which must not be there yet, and look at it."""
    with Queue.open(out) as queue:
        requests = [square_request(number) for number in range(jobs)]
        submissions = [Submission(request, entry=request.title) for request in requests]
        submit_s = _seconds(lambda: queue.submit_all(submissions))
    return StatusTimes(
        jobs,
        submit_s,
        _seconds(lambda: _look(out)),
        _seconds(lambda: _command(jobs, "batch", "status", str(out), "--json")),
        _seconds(lambda: _command(None, "--version")),
    )


def _look(out: Path) -> None:
    with Queue.open(out, create=False) as queue:
        queue.counts(entries=True)
        for state in (State.QUEUED, State.FAILED):
            queue.jobs(JobFilter(frozenset({state}), named=True), Page(size=20))


def _command(expected: int | None, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sar_models.cli.main", *arguments],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EngineError(f"sar-align ended with {done.returncode}: {done.stderr[-2000:]}")
    if expected is not None and json.loads(done.stdout)["counts"]["queued"] != expected:
        raise EngineError(f"status told {done.stdout!r}, expected {expected} waiting")


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
