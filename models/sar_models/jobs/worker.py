"""A worker: a process that stays up and runs one job after the other."""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError
from sar_models.jobs.failures import failure_of, forget_failures, keep_failure
from sar_models.jobs.heart import GRACE_S, Heart, TaskStopped
from sar_models.jobs.lease import LEASE_S, Leases, Standing
from sar_models.jobs.queue import Queue
from sar_models.jobs.results import Results
from sar_models.jobs.retrying import RetryPolicy
from sar_models.jobs.tasks import TASKS, load_task
from sar_models.stores.holder import Holder, this_process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from sar_models.jobs.job import Job
    from sar_models.jobs.layout import Layout

_IDLE_S = 0.1
"""How long an idle worker waits before it looks for a job again."""


@dataclass(frozen=True)
class WorkerOptions:
    """What every worker of a crew is told."""

    layout: Layout
    """Where the queue is."""
    boss: Holder
    """The process that looks after the worker."""
    policy: RetryPolicy = RetryPolicy()  # noqa: RUF009 - frozen, shared safely
    """When a job is given up."""
    tasks: Mapping[str, str] | None = None
    """Kind to ``"module:function"``; ``None`` for those of the package."""
    lease_s: float = LEASE_S
    """How long a job stays the worker's without a sign of life."""
    grace_s: float = GRACE_S
    """How long a task may take to notice that it is to stop."""


def work(options: WorkerOptions, orders: Connection, log: Path) -> None:
    """Run jobs until told to end; the main function of a worker process.

    Parameters
    ----------
    options : WorkerOptions
    orders : Connection
        Closed, or anything sent through it: end at once.
    log : Path
        Takes what is printed, so that it does not disturb the display of who started it.
    """
    # Ctrl-C in a terminal goes to all its processes; who started this one says what is to be done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _print_to(log)
    with Queue(options.layout, create=False) as queue:
        Worker(options, queue, orders).run()


def _print_to(log: Path) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)
    faulthandler.enable(2)


class Worker:
    """Claims jobs of a queue and runs them, one at a time."""

    def __init__(self, options: WorkerOptions, queue: Queue, orders: Connection) -> None:
        self._options = options
        self._tasks = TASKS if options.tasks is None else options.tasks
        self._layout = options.layout
        self._me = this_process()
        self._results = Results(options.layout)
        self._leases = Leases(queue.database, options.policy, options.lease_s)
        self._heart = Heart(self._leases, self._results, orders, options.grace_s)

    def run(self) -> None:
        """Run jobs for ever; the heart ends the process."""
        self._heart.start()
        while True:
            job = self._leases.claim(self._me, self._options.boss)
            if job is None:
                time.sleep(_IDLE_S)
                continue
            self._heart.take(job)
            try:
                self._run(job)
            finally:
                self._heart.take(None)

    def _run(self, job: Job) -> None:
        """Run a job to one of its ends; no error of a task ends the worker."""
        standing = self._results.standing(job)
        if standing is not None:
            self._done(job, standing, found=True)
            return
        try:
            values = self._result_of(job)
        except TaskStopped:
            self._results.discard(job)
            if self._heart.stop is Standing.CANCELLING:
                self._leases.cancelled(job)
        except Exception as exc:  # noqa: BLE001 - process edge: kept, told, and retried
            self._results.discard(job)
            self._failed(job, exc)
        else:
            self._done(job, *values)

    def _result_of(self, job: Job) -> tuple[Mapping[str, object], bool]:
        """Compute and commit; return what is known of the result, and whether it stood already."""
        task = load_task(job.kind, self._tasks)
        made = self._results.prepare(job)
        values = task(dict(job.values) | {"request_id": job.id}, made, self._heart.progress)
        if self._results.commit(job, values):
            return values, False
        return self._results.standing(job) or values, True

    def _done(self, job: Job, values: Mapping[str, object], found: bool) -> None:
        if job.failures:
            forget_failures(self._layout, job)
        # Last: who waits for the job may end this process as soon as it is done.
        self._leases.finish(job, values, found=found)

    def _failed(self, job: Job, error: Exception) -> None:
        failure = failure_of(error, self._heart.stage)
        # Written first: who reads that a job failed finds why.
        keep_failure(self._layout, job, failure)
        self._leases.fail(job, failure.reason, permanent=isinstance(error, InputError))
