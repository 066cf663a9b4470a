"""kill -9 of workers, of what looks after them, and of everything: all jobs are done, once each."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from crews import PATIENCE_S, wait_until
from job_requests import tiny

from sar_models.jobs import EventKind, Queue, State, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PATHS = os.pathsep.join(str(ROOT / name) for name in ("models", "tests"))
JOBS = 100


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue.open(tmp_path / "out") as opened:
        yield opened


def start(queue: Queue, workers: int = 2) -> subprocess.Popen[bytes]:
    """Start a process that works the queue off."""
    return subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "tests" / "job_runner.py"),
            str(queue.layout.out),
            str(workers),
        ],
        env=os.environ | {"PYTHONPATH": PATHS},
    )


def workers_of(boss: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return the worker processes that a boss started."""
    try:
        children = psutil.Process(boss.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    except psutil.Error:
        return []


def kill(*processes: psutil.Process | subprocess.Popen[bytes]) -> None:
    for process in processes:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    for process in processes:
        if isinstance(process, subprocess.Popen):
            process.wait(PATIENCE_S)


def has_more_done(queue: Queue, before: int) -> bool:
    return queue.counts().done > before


def commits(queue: Queue) -> Counter[str]:
    """Return how often the result of each job was put in place."""
    events = queue.events(limit=10**6)
    return Counter(event.job for event in events if event.kind is EventKind.COMMITTED)


def submit(queue: Queue) -> None:
    queue.submit_all([Submission(tiny(number, seconds=0.05)) for number in range(JOBS)])


def makers(queue: Queue) -> dict[str, str]:
    """Return which attempt made each result that stands."""
    results = queue.layout.results.iterdir()
    return {folder.name: (folder / "made-by.txt").read_text() for folder in results}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that kills")
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_killed_all_jobs_are_done_once(queue: Queue, seed: int) -> None:
    submit(queue)
    choose = random.Random(seed)
    victims = ["worker", "boss", "everything", "worker"]
    choose.shuffle(victims)
    seen: dict[str, str] = {}
    boss = start(queue)
    for victim in victims:
        before = queue.counts().done
        wait_until(partial(has_more_done, queue, before))
        time.sleep(choose.uniform(0, 0.2))
        seen = makers(queue) | seen
        workers = workers_of(boss)
        if victim == "worker":
            kill(*workers[:1])
        else:
            kill(boss, *(workers if victim == "everything" else ()))
            boss = start(queue)
    assert boss.wait(PATIENCE_S) == 0
    assert queue.counts().done == queue.counts().total == JOBS
    # A commit that was killed before it was written down is found, not made again.
    assert max(commits(queue).values()) == 1
    made = makers(queue)
    assert len(made) == JOBS
    assert made | seen == made  # what stood before a kill was never written over
    for number in range(JOBS):  # and all is as a serial run would have it
        request = tiny(number, seconds=0.05)
        folder = queue.layout.results / request.folder
        assert (folder / "square.txt").read_text() == str(number**2)
        assert queue.job(request.id).result == {"square": number**2}
    assert list(queue.layout.work.iterdir()) == []


@pytest.mark.slow
def test_two_runs_on_one_queue_share_its_jobs(queue: Queue) -> None:
    submit(queue)
    bosses = [start(queue, workers=1) for _ in range(2)]
    assert [boss.wait(PATIENCE_S) for boss in bosses] == [0, 0]
    assert commits(queue) == Counter(tiny(n, seconds=0.05).id for n in range(JOBS))
    assert {job.attempt for job in queue.jobs()} == {1}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that kills")
def test_workers_end_with_their_boss_and_give_their_jobs_back(queue: Queue) -> None:
    queue.submit(tiny(1, kind="patient"))
    boss = start(queue, workers=1)
    wait_until(lambda: queue.jobs()[0].state is State.RUNNING)
    (worker,) = workers_of(boss)
    kill(boss)
    psutil.wait_procs([worker], PATIENCE_S)
    assert not worker.is_running()
    job = queue.jobs()[0]
    assert (job.state, job.failures, job.interruptions) == (State.QUEUED, 0, 0)
