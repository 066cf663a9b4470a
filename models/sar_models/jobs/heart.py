"""A worker's second thread: signs of life, orders from above, and the way out."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sar_models.domain.errors import SarAlignError
from sar_models.jobs.lease import Leases, Standing

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from sar_models.jobs.job import Job
    from sar_models.jobs.results import Results

BEAT_S = 1.0
"""Time between two signs of life, and how long a cancelled job may go unnoticed."""

GRACE_S = 10.0
"""How long a task may take to notice that it is to stop; then its process is ended."""

EXIT_IN_ORDER = 0
EXIT_TASK_DEAF = 70


class TaskStopped(BaseException):
    """Raised inside a task that is to stop; nothing that catches errors catches it."""


@dataclass
class Heart:
    """What the threads of a worker share: the job at hand, and whether it is to stop.

    Parameters
    ----------
    leases : Leases
    results : Results
    orders : Connection
        Closed, or anything sent through it: the worker is to end.
    grace_s : float
        See `GRACE_S`.
    """

    leases: Leases
    results: Results
    orders: Connection
    grace_s: float = GRACE_S
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _job: Job | None = None
    _progress: tuple[str, float] = ("", 0.0)
    _told: tuple[str, float] = ("", 0.0)
    _stop: Standing | None = None
    _stop_since: float = 0.0

    def start(self) -> None:
        """Begin to beat, for as long as the process lives."""
        threading.Thread(target=self._beat_on, name="heart", daemon=True).start()

    def take(self, job: Job | None) -> None:
        """Name the job at hand, or that there is none."""
        with self._lock:
            self._job, self._stop = job, None
            self._progress = self._told = ("", 0.0)

    @property
    def stage(self) -> str:
        """What the task said last that it does."""
        return self._progress[0]

    @property
    def stop(self) -> Standing | None:
        """Why the task was told to stop, if it was."""
        return self._stop

    def progress(self, stage: str, fraction: float) -> None:
        """Take note of how far the task is; does not return when it is to stop."""
        if self._stop is not None:
            raise TaskStopped
        self._progress = (stage, min(max(float(fraction), 0.0), 1.0))

    def _beat_on(self) -> None:
        try:
            while not self._is_to_end(BEAT_S):
                self._beat()
            self._leave()
        except SarAlignError:
            # A queue that cannot be reached: the lease will run out, and others take over.
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)

    def _is_to_end(self, timeout_s: float) -> bool:
        try:
            return self.orders.poll(timeout_s)
        except OSError:
            return True

    def _beat(self) -> None:
        with self._lock:
            job, progress = self._job, self._progress
        if job is None:
            return
        standing = self.leases.renew(job, progress if progress != self._told else None)
        self._told = progress
        with self._lock:
            if self._job is not job or standing is Standing.HELD:
                return
            if self._stop is None:
                self._stop, self._stop_since = standing, time.monotonic()
            deaf = time.monotonic() - self._stop_since > self.grace_s
        if deaf:
            if standing is Standing.CANCELLING:
                self.leases.cancelled(job)
            self.results.discard(job)
            os._exit(EXIT_TASK_DEAF)

    def _leave(self) -> None:
        """End the process, whatever the task does; its job goes back to the queue."""
        with self._lock:
            job = self._job
        if job is not None:
            self.leases.give_back(job)
            self.results.discard(job)
        os._exit(EXIT_IN_ORDER)
