"""Lanes: processes that do for requests what would keep the server from answering others.

Each lane has processes of its own, so that large work does not stand in the way of small.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sar_models.service.hand import Hand
from sar_models.service.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator


class Lane:
    """Some processes, and those who wait for them.

    Parameters
    ----------
    name : str
        What it is for.
    workers : int
    waiting : int
        How many calls may wait; further ones are refused.
    limit_s : float
        How long one call may take; then its process is ended.
    """

    def __init__(self, name: str, workers: int, waiting: int, limit_s: float) -> None:
        self.workers = workers
        self._name, self._limit_s = name, limit_s
        self._most, self._open = workers + waiting, 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._hands = tuple(Hand(name) for _ in range(workers))
        self._free: queue.LifoQueue[Hand] = queue.LifoQueue()
        for hand in self._hands:
            self._free.put(hand)

    async def run(self, function: str, *args: Any) -> Any:
        """Call ``"module:function"`` in a process of the lane and return what it returns.

        Raises
        ------
        SarAlignError
            What the function raises; EngineError also if its process ends or takes too long.
        Refusal
            If too many wait already.
        """
        with self._lock:
            if self._open >= self._most:
                raise Refusal(429, f"Too much to do: {self._name}", "Try again in a moment.")
            self._open += 1
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._call, function, args)
        # Who asked may go away; the process is taken until the work ends all the same.
        return await asyncio.shield(work)

    def warm_up(self, function: str) -> None:
        """Start the processes and import what a function needs, without waiting for it."""
        for _ in range(self.workers):
            with self._lock:
                self._open += 1
            self._threads.submit(self._call, "sar_models.service.hand:imported", (function,))

    def close(self) -> None:
        """End the processes, whatever they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for hand in self._hands:
            hand.kill()
        self._threads.shutdown(wait=True)

    def _call(self, function: str, args: tuple[Any, ...]) -> Any:
        try:
            with self._hand() as hand:
                return hand.call(function, args, self._limit_s)
        finally:
            with self._lock:
                self._open -= 1

    @contextlib.contextmanager
    def _hand(self) -> Iterator[Hand]:
        hand = self._free.get()
        try:
            yield hand
        finally:
            self._free.put(hand)
