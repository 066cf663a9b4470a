"""Threads that work off the kernel's main thread: what is looked at comes first."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)
_JOIN_S = 30.0


@dataclass(order=True)
class _Job:
    rank: int
    number: int
    tag: object = field(compare=False)
    work: Callable[[], None] = field(compare=False)


class RenderPool:
    """A few threads and what waits for them; threads start with the first job.

    Parameters
    ----------
    threads : int
    """

    def __init__(self, threads: int) -> None:
        self._wanted = threads
        self._ready = threading.Condition()
        self._jobs: list[_Job] = []
        self._threads: list[threading.Thread] = []
        self._numbers = itertools.count()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Jobs that no thread has begun."""
        with self._ready:
            return len(self._jobs)

    def submit(self, work: Callable[[], None], *, rank: int = 0, tag: object = None) -> bool:
        """Let a thread do ``work``; lower ranks first, among equals in order.

        Returns
        -------
        bool
            Whether it will be done: a closed pool takes nothing.
        """
        with self._ready:
            if self._closed:
                return False
            heapq.heappush(self._jobs, _Job(rank, next(self._numbers), tag, work))
            if len(self._threads) < self._wanted:
                thread = threading.Thread(target=self._run, name="sar-widgets", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._ready.notify()
            return True

    def drop(self, unwanted: Callable[[object], bool]) -> int:
        """Forget the waiting jobs with such tags; return how many."""
        with self._ready:
            kept = [job for job in self._jobs if not unwanted(job.tag)]
            dropped = len(self._jobs) - len(kept)
            heapq.heapify(kept)
            self._jobs = kept
            return dropped

    def close(self) -> None:
        """Forget what waits, let what runs come to its end, and end the threads."""
        with self._ready:
            self._closed = True
            self._jobs.clear()
            self._ready.notify_all()
            threads, self._threads = self._threads, []
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(_JOIN_S)

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._jobs and not self._closed:
                    self._ready.wait()
                if self._closed:
                    return
                job = heapq.heappop(self._jobs)
            try:
                job.work()
            except Exception:  # noqa: BLE001 - the edge of a thread: the next job must be done
                _log.exception("A job of the viewer failed")
            del job
