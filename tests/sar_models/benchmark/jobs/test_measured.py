"""The measurements of the queue, on small numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sar_models.benchmark.jobs.overhead import measure_overhead
from sar_models.benchmark.jobs.status import measure_status
from sar_models.jobs import Counts, Queue

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_nothing_grows_with_the_number_of_jobs(tmp_path: Path) -> None:
    found = measure_overhead(tmp_path / "out", 400)
    assert found.jobs == 400
    assert 0 < found.median_ms <= found.p95_ms
    # The supervisor, its worker and Python's resource tracker; handles of the moment are few.
    assert found.after.processes == found.before.processes
    assert abs(found.after.handles - found.before.handles) <= 4
    assert found.after.memory_mb - found.before.memory_mb < 10
    with Queue.open(tmp_path / "out", create=False) as queue:
        assert queue.counts() == Counts(done=400)
        assert len(queue.events(limit=10_000)) == 4 * 400


def test_a_long_queue_is_looked_at(tmp_path: Path) -> None:
    found = measure_status(tmp_path / "out", 50)
    assert found.jobs == 50
    assert min(found.submit_s, found.status_s, found.command_s, found.bare_command_s) > 0
