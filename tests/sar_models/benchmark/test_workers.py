"""Workers run one thread each; an error of one job is not the end of the others."""

from __future__ import annotations

import os

import pytest
from worker_jobs import Breaks, Environment

from sar_models.benchmark.workers import ONE_THREAD, run_all
from sar_models.domain.errors import EngineError, OptionError


def test_results_and_errors_come_with_their_index() -> None:
    before = dict(os.environ)
    names = tuple(ONE_THREAD)
    ended = {i: (found, error) for i, found, error in run_all([Environment(names), Breaks()], 1)}
    assert ended[0] == (tuple(ONE_THREAD.values()), None)
    assert ended[1][0] is None
    assert isinstance(ended[1][1], ValueError)
    assert dict(os.environ) == before


def test_a_dead_worker_is_an_error() -> None:
    with pytest.raises(EngineError, match="worker process died"):
        list(run_all([Breaks(dies=True)], 1))


def test_no_workers_is_refused() -> None:
    with pytest.raises(OptionError, match="0 jobs"):
        list(run_all([Breaks()], 0))
