"""Crews of worker processes for tests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import tiny_tasks

from sar_models.jobs import Queue, RetryPolicy
from sar_models.jobs.local import LocalExecutor
from sar_models.jobs.supervisor import work_off
from sar_models.jobs.worker import WorkerOptions
from sar_models.stores.holder import this_process

if TYPE_CHECKING:
    from collections.abc import Callable

POLICY = RetryPolicy(retries=2, first_delay_s=0.0, interruptions=100)
PATIENCE_S = 300


def crew(
    queue: Queue, workers: int = 1, policy: RetryPolicy = POLICY, **options: Any
) -> LocalExecutor:
    """Return a crew that knows the tiny tasks, not started."""
    known = {"tasks": tiny_tasks.TASKS} | {
        name: options.pop(name) for name in ("lease_s", "grace_s", "tasks") if name in options
    }
    settings = WorkerOptions(queue.layout, this_process(), policy, **known)
    return LocalExecutor(queue, settings, workers, **options)


def finish(queue: Queue, workers: int = 1, policy: RetryPolicy = POLICY, **options: Any) -> None:
    """Work a queue off."""
    work_off(queue, crew(queue, workers, policy, **options), policy)


def wait_until(true: Callable[[], bool], tend: Callable[[], None] = lambda: None) -> None:
    """Wait for something that other processes do."""
    limit = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < limit, "it never happened"
        tend()
        time.sleep(0.02)
