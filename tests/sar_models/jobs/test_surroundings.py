from __future__ import annotations

import os
import signal

import pytest

from sar_models.jobs.surroundings import environment, starting, threads_for, workers_for


def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sar_models.jobs.surroundings._cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [threads_for(workers) for workers in (1, 2, 3, 8, 99)] == [8, 4, 2, 1, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert [threads_for(workers) for workers in (1, 8)] == [2, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert threads_for(2) == 4


def test_as_many_workers_as_cores_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sar_models.jobs.surroundings._cores", lambda: 3)
    assert workers_for(1) == 3
    assert workers_for(2**60) == 1


def test_variables_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAR_TEST_OLD", "before")
    with environment({"SAR_TEST_OLD": "inside", "SAR_TEST_NEW": "1"}):
        assert (os.environ["SAR_TEST_OLD"], os.environ["SAR_TEST_NEW"]) == ("inside", "1")
    assert os.environ["SAR_TEST_OLD"] == "before"
    assert "SAR_TEST_NEW" not in os.environ


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to hold back")
def test_processes_are_started_without_ctrl_c() -> None:
    def held_back() -> bool:
        return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, set())

    with starting({}):
        assert held_back()  # what a child inherits for good
    assert not held_back()
