"""Run many small jobs in worker processes of one thread each."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Protocol, TypeVar

from sar_models.domain.errors import EngineError, OptionError
from sar_models.jobs.surroundings import environment, thread_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

ONE_THREAD = thread_variables(1)
"""Environment in which numerical libraries use one thread: processor seconds are then comparable
between machines, and workers do not fight for cores."""


class Job(Protocol[T_co]):
    """Something small that can be sent to a worker and run there."""

    def run(self) -> T_co:
        """Do the work."""
        ...


def run_all(
    jobs: Sequence[Job[T]], workers: int
) -> Iterator[tuple[int, T | None, BaseException | None]]:
    """Run every job and yield its index with its result, or with its error, as they end.

    Each worker is a fresh process, so that the number of threads can be set before any library
    starts them, and one that stops the whole benchmark is only what kills a worker.

    Raises
    ------
    EngineError
        If a worker died.
    OptionError
        If ``workers`` is not positive.
    """
    if workers < 1:
        raise OptionError(f"{workers!r} jobs at a time", remedy="Give at least 1.")
    context = multiprocessing.get_context("spawn")
    with environment(ONE_THREAD), ProcessPoolExecutor(workers, context) as pool:
        try:
            futures = {pool.submit(_run, job): index for index, job in enumerate(jobs)}
            for future in as_completed(futures):
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    raise EngineError(
                        "A worker process died", remedy="It may have run out of memory."
                    ) from error
                yield futures[future], None if error else future.result(), error
        finally:
            pool.shutdown(cancel_futures=True)


def _run(job: Job[T]) -> T:
    return job.run()
