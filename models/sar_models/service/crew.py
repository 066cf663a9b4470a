"""The workers of a server, looked after by a thread."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from sar_models.domain.errors import SarAlignError
from sar_models.jobs import RetryPolicy
from sar_models.jobs.local import LocalExecutor
from sar_models.jobs.redaction import redacted
from sar_models.jobs.supervisor import work_off
from sar_models.jobs.worker import WorkerOptions
from sar_models.stores.holder import this_process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.jobs import Queue

_AGAIN_S = 30.0
_log = logging.getLogger("sar_align.service")


class Crew:
    """Workers that take jobs of a queue for as long as the server runs.

    Parameters
    ----------
    queue : Queue
    workers : int
        0: nobody works here.
    tasks : mapping or None
        Kind of job to ``"module:function"``.
    """

    def __init__(self, queue: Queue, workers: int, tasks: Mapping[str, str] | None) -> None:
        self.problem = ""
        self.workers = workers
        self._queue, self._tasks = queue, tasks
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crew")

    def start(self) -> None:
        """Begin to work."""
        if self.workers:
            self._thread.start()

    def stop(self) -> None:
        """End the workers; what they ran goes back to the queue."""
        self._ending.set()
        if self.workers:
            self._thread.join()

    def _run(self) -> None:
        policy = RetryPolicy()
        while not self._ending.is_set():
            try:
                options = WorkerOptions(
                    self._queue.layout, this_process(), policy, tasks=self._tasks
                )
                executor = LocalExecutor(self._queue, options, self.workers)
                self.problem = ""
                work_off(self._queue, executor, policy, finished=self._ending.is_set)
            except SarAlignError as exc:
                # The server goes on answering, and says so where clients ask about it.
                self.problem = redacted(str(exc))
                _log.error("the workers ended: %s", self.problem)
                self._ending.wait(_AGAIN_S)
