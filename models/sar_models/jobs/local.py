"""Workers in processes of this machine."""

from __future__ import annotations

import contextlib
import multiprocessing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import psutil

from sar_models.domain.errors import EngineError, OptionError
from sar_models.jobs.failures import failure_of_process, keep_failure
from sar_models.jobs.heart import EXIT_IN_ORDER, EXIT_TASK_DEAF
from sar_models.jobs.lease import Leases
from sar_models.jobs.results import Results
from sar_models.jobs.surroundings import starting, thread_variables, threads_for
from sar_models.jobs.worker import WorkerOptions, work
from sar_models.stores.holder import Holder, holder_of, this_process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from pathlib import Path
    from types import TracebackType

    from sar_models.jobs.queue import Queue

_STOP_S = 5.0
_IDLE_DEATHS = 3
"""How many workers in a row may die without a job before the crew is given up."""


@dataclass
class _Hand:
    """A worker as its boss sees it."""

    process: SpawnProcess
    orders: Connection
    holder: Holder
    log: Path

    def close(self) -> None:
        self.orders.close()
        self.process.close()
        if self.log.exists() and self.log.stat().st_size == 0:
            self.log.unlink()


class LocalExecutor:
    """A crew of worker processes, fresh interpreters that stay up: imports are paid once.

    Parameters
    ----------
    queue : Queue
    options : WorkerOptions
    workers : int
    gpus : sequence of str
        As ``CUDA_VISIBLE_DEVICES`` names them; each worker sees one, in turn. Empty: workers see
        what this process sees.
    threads : int or None
        Threads of each worker; ``None`` for an even share of the cores.

    Raises
    ------
    OptionError
        If ``workers`` is not positive.
    """

    def __init__(
        self,
        queue: Queue,
        options: WorkerOptions,
        workers: int,
        *,
        gpus: Sequence[str] = (),
        threads: int | None = None,
    ) -> None:
        if workers < 1:
            raise OptionError(f"{workers!r} workers", remedy="Give at least 1.")
        self.workers = workers
        self._options = options
        self._leases = Leases(queue.database, options.policy, options.lease_s)
        self._results = Results(options.layout)
        self._variables = thread_variables(threads or threads_for(workers))
        self._gpus = tuple(gpus)
        self._hands: list[_Hand] = []
        self._idle_deaths = 0

    def tend(self) -> None:
        """Replace workers that died; their jobs are tried again, or failed.

        Raises
        ------
        EngineError
            If several died in a row without having had a job.
        """
        for place, hand in enumerate(self._hands):
            if hand.process.exitcode is not None:
                self._bury(hand)
                hand.close()
                self._hands[place] = self._hire(place)

    def stop(self) -> None:
        """End all workers; what they ran goes back to the queue. Stopping twice is no error."""
        hands, self._hands = self._hands, []
        for hand in hands:
            with contextlib.suppress(OSError):
                hand.orders.send("end")
        for hand in hands:
            hand.process.join(_STOP_S)
            if hand.process.exitcode is None:
                hand.process.kill()
                hand.process.join()
            self._leases.abandoned(hand.holder)
            hand.close()
        self._results.sweep()

    def __enter__(self) -> Self:
        """Start the workers."""
        try:
            for place in range(self.workers):
                self._hands.append(self._hire(place))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them."""
        self.stop()

    def _hire(self, place: int) -> _Hand:
        context = multiprocessing.get_context("spawn")
        theirs, ours = context.Pipe(duplex=False)
        log = self._options.layout.logs / f"worker-{self._options.boss.pid}-{place + 1}.log"
        # No daemon: connectors that a job opens have processes of their own.
        process = context.Process(
            target=work, args=(self._options, theirs, log), name=f"sar-align worker {place + 1}"
        )
        gpu = {"CUDA_VISIBLE_DEVICES": self._gpus[place % len(self._gpus)]} if self._gpus else {}
        with starting(self._variables | gpu):
            process.start()
        # Ours alone from now on: when this process ends, however it does, the worker notices.
        theirs.close()
        return _Hand(process, ours, _holder_of(process), log)

    def _bury(self, hand: _Hand) -> None:
        """See to the job of a worker that ended."""
        code = hand.process.exitcode
        if code in (EXIT_IN_ORDER, EXIT_TASK_DEAF):
            self._leases.abandoned(hand.holder)
            return
        running = self._leases.held_by(hand.holder)
        failure = failure_of_process(code, hand.log, running.stage if running else "")
        if running is not None:
            keep_failure(self._options.layout, running, failure)
        self._leases.died(hand.holder, failure.reason)
        self._results.sweep()
        self._idle_deaths = 0 if running is not None else self._idle_deaths + 1
        if self._idle_deaths >= _IDLE_DEATHS:
            raise EngineError(
                f"Workers end before they have a job: {failure.reason}",
                remedy=f"What they printed is in {str(self._options.layout.logs)!r}.",
            )


def _holder_of(process: SpawnProcess) -> Holder:
    try:
        return holder_of(process.pid or 0)
    except psutil.Error:
        # Dead already; it cannot have had a job.
        return Holder(this_process().machine, process.pid or 0, 0.0)
