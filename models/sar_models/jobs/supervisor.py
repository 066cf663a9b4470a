"""Working a queue off: a crew is tended, and what was left by others is taken up again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sar_models.jobs.lease import Leases
from sar_models.jobs.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.jobs.executor import Executor
    from sar_models.jobs.queue import Queue
    from sar_models.jobs.retrying import RetryPolicy

_TEND_S = 0.1
_RECOVER_S = 2.0


def work_off(
    queue: Queue,
    executor: Executor,
    policy: RetryPolicy,
    *,
    finished: Callable[[], bool] | None = None,
    tick: Callable[[], None] | None = None,
) -> None:
    """Tend a crew until the queue is empty; returns, or raises, with the crew ended.

    Several processes may do so on one queue at the same time: they share its jobs.

    Parameters
    ----------
    queue : Queue
    executor : Executor
        Not started yet.
    policy : RetryPolicy
        What becomes of jobs that others left behind.
    finished : callable or None
        Says when to end; ``None`` to end when no job is open.
    tick : callable or None
        Called several times a second, to show what happens.

    Raises
    ------
    EngineError
        If workers cannot be kept alive.
    StoreError
        If the queue cannot be used any more.
    """
    leases = Leases(queue.database, policy)
    Results(queue.layout).sweep()
    ended = finished or queue.is_idle
    next_look = 0.0
    with executor:
        while True:
            if time.monotonic() >= next_look:
                leases.recover()
                next_look = time.monotonic() + _RECOVER_S
            executor.tend()
            if tick is not None:
                tick()
            if ended():
                return
            time.sleep(_TEND_S)
