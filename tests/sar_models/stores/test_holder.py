from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from sar_models.stores.holder import Holder, holder_of, this_process


def test_this_process_runs_here_and_survives_a_record() -> None:
    here = this_process()
    assert here.pid == os.getpid()
    assert here.is_here
    assert here.is_running
    assert Holder.from_record(here.to_record()) == here


def test_a_later_process_with_the_same_number_is_another() -> None:
    here = this_process()
    assert not Holder(here.machine, here.pid, here.started - 100).is_running
    assert not Holder("elsewhere", here.pid, here.started).is_here


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that kills")
def test_a_killed_process_that_nobody_waited_for_is_gone() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdout.readline()
        holder = holder_of(process.pid)
        assert holder.is_running
        process.send_signal(signal.SIGKILL)
        # Not yet waited for; it may take a moment to become a zombie.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not holder.is_running
        process.wait()
    assert not holder.is_running


@pytest.mark.parametrize("record", [{}, {"machine": "a", "pid": "x", "started": 1.0}])
def test_what_names_no_process_is_refused(record: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Holder.from_record(record)
