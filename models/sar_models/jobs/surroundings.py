"""The environment of worker processes: threads and GPUs, so that they do not fight for them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COUNTED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_one_at_a_time = threading.Lock()


def thread_variables(threads: int) -> dict[str, str]:
    """Return variables with which numerical libraries use so many threads, and do not spin."""
    return dict.fromkeys(_COUNTED, str(threads)) | {"OMP_WAIT_POLICY": "PASSIVE"}


def threads_for(workers: int) -> int:
    """Return the threads of each of several workers: an even share of the cores, at least one.

    ``OMP_NUM_THREADS`` of the caller is an upper bound.
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    share = max(1, _cores() // workers)
    return min(share, int(wanted)) if wanted.isdecimal() and int(wanted) > 0 else share


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the processes that are started inside, and put them back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def starting(values: Mapping[str, str]) -> Iterator[None]:
    """Start processes inside, one thread at a time, with variables and without Ctrl-C of their own.

    They are told to stop by who started them. This thread holds Ctrl-C back, which children inherit
    for good; a signal that another thread takes interrupts as ever.
    """
    with _one_at_a_time, _without_ctrl_c(), environment(values):
        yield


@contextlib.contextmanager
def _without_ctrl_c() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def workers_for(memory_bytes: int) -> int:
    """Return how many workers this machine has cores for, and memory of such a budget each."""
    by_memory = int(psutil.virtual_memory().available // memory_bytes)
    return max(1, min(_cores(), by_memory))


def _cores() -> int:
    """Return the cores that this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return allowed or 1
