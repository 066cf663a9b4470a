"""Worker processes: what they do, what becomes of jobs that fail, and of those that kill."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import psutil
import pytest
from crews import POLICY, crew, finish, wait_until
from job_requests import tiny

from sar_models.domain.errors import EngineError, OptionError
from sar_models.jobs import EventKind, Queue, RetryPolicy, State, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue.open(tmp_path / "out") as opened:
        yield opened


def kinds(queue: Queue, job: str) -> list[str]:
    return [event.kind.value for event in queue.events(job=job)]


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_jobs_become_folders(queue: Queue) -> None:
    queue.submit_all([Submission(tiny(number)) for number in range(5)])
    finish(queue, workers=2)
    assert queue.counts().done == 5
    for number in range(5):
        job = queue.job(tiny(number).id)
        folder = queue.layout.results / job.folder
        assert (folder / "square.txt").read_text() == str(number**2)
        assert json.loads((folder / "result.json").read_text())["request_id"] == job.id
        assert job.result == {"square": number**2}
        assert job.seconds is not None
        assert kinds(queue, job.id) == ["submitted", "started", "committed", "done"]
    assert left_in(queue.layout.work) == []
    assert left_in(queue.layout.logs) == []
    assert not queue.layout.failures.exists()


def test_a_result_that_stands_is_found_by_a_new_queue(queue: Queue, tmp_path: Path) -> None:
    queue.submit(tiny(3))
    finish(queue)
    made_by = queue.layout.results / tiny(3).folder / "made-by.txt"
    before = made_by.read_text()
    queue.close()
    for path in queue.layout.database.parent.glob("queue.sqlite3*"):
        path.unlink()
    with Queue.open(tmp_path / "out") as fresh:
        fresh.submit(tiny(3))
        finish(fresh)
        assert fresh.job(tiny(3).id).result == {"square": 9}
        assert kinds(fresh, tiny(3).id) == ["submitted", "started", "found", "done"]
    assert made_by.read_text() == before


def test_what_lies_in_the_way_is_kept_and_told(queue: Queue) -> None:
    queue.submit(tiny(1))
    mine = queue.layout.results / tiny(1).folder / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("keep")
    finish(queue)
    job = queue.job(tiny(1).id)
    assert (job.state, job.failures) == (State.FAILED, 1)
    assert "is in the way" in job.reason
    assert left_in(mine.parent) == ["mine.txt"]


def test_an_error_is_retried_kept_without_secrets_and_forgotten_in_the_end(
    queue: Queue, tmp_path: Path
) -> None:
    request = tiny(1, kind="broken", tries=str(tmp_path / "tries"), times=1)
    queue.submit(request)
    finish(queue)
    assert queue.job(request.id).state is State.DONE
    assert kinds(queue, request.id).count("attempt-failed") == 1
    assert not (queue.layout.failures / request.folder).exists()


def test_a_job_that_fails_for_good_leaves_its_record(queue: Queue, tmp_path: Path) -> None:
    request = tiny(1, kind="broken", tries=str(tmp_path / "tries"), times=99)
    queue.submit(request)
    finish(queue)
    job = queue.job(request.id)
    assert (job.state, job.failures, job.attempt) == (State.FAILED, 3, 3)
    kept = queue.layout.failures / request.folder
    assert left_in(kept) == ["attempt-1.json", "attempt-2.json", "attempt-3.json"]
    text = (kept / "attempt-3.json").read_text()
    record = json.loads(text)
    assert (record["error"], record["stage"]) == ("EngineError", "breaking")
    assert any("tiny_tasks.py" in line for line in record["details"])
    for secret in ("hunter2", "password=x", "omero.example.org", str(tmp_path)):
        assert secret not in text
        assert secret not in job.reason
    assert left_in(queue.layout.work) == []
    assert left_in(queue.layout.results) == []


def test_what_was_handed_in_is_not_tried_again(queue: Queue, tmp_path: Path) -> None:
    request = tiny(1, kind="broken", tries=str(tmp_path / "tries"), times=99, permanent=True)
    queue.submit_all([Submission(request), Submission(tiny(2, kind="unheard of"))])
    finish(queue)
    job = queue.job(request.id)
    assert (job.state, job.failures) == (State.FAILED, 1)
    assert job.reason == "The slide 'he.svs' is broken. Copy it again."
    assert "Unknown kind of job 'unheard of'" in queue.jobs()[1].reason


def test_a_job_that_kills_its_worker_is_given_up_and_the_others_run(queue: Queue) -> None:
    deadly = tiny(1, kind="deadly")
    queue.submit_all([Submission(deadly, 9), *(Submission(tiny(n)) for n in range(4))])
    finish(queue, workers=2)
    job = queue.job(deadly.id)
    assert (job.state, job.failures) == (State.FAILED, 3)
    assert "signal 9" in job.reason
    record = json.loads((queue.layout.failures / job.folder / "attempt-3.json").read_text())
    assert record["details"] == ["about to die"]
    assert queue.counts().done == 4


def test_a_killed_worker_is_replaced_and_its_job_done(queue: Queue) -> None:
    request = tiny(1, seconds=0.5)
    queue.submit(request)
    with crew(queue) as workers:
        wait_until(lambda: queue.job(request.id).state is State.RUNNING)
        (worker,) = psutil.Process().children()[-1:]
        worker.send_signal(signal.SIGKILL)
        wait_until(lambda: queue.job(request.id).state is State.DONE, workers.tend)
    assert queue.job(request.id).attempt == 2
    assert kinds(queue, request.id).count(EventKind.COMMITTED.value) == 1


def test_running_jobs_are_cancelled(queue: Queue) -> None:
    request = tiny(1, kind="patient")
    queue.submit(request)
    with crew(queue) as workers:
        wait_until(lambda: queue.job(request.id).stage == "being patient", workers.tend)
        queue.cancel(request.id)
        wait_until(lambda: queue.job(request.id).state is State.CANCELLED, workers.tend)
        queue.submit(tiny(2))
        wait_until(lambda: queue.job(tiny(2).id).state is State.DONE, workers.tend)
    assert left_in(queue.layout.work) == []


def test_a_task_that_does_not_listen_is_ended_with_its_process(queue: Queue) -> None:
    request = tiny(1, kind="deaf")
    queue.submit_all([Submission(request, 1), Submission(tiny(2))])
    with crew(queue, grace_s=0.1) as workers:
        wait_until(lambda: queue.job(request.id).state is State.RUNNING)
        queue.cancel(request.id)
        wait_until(lambda: queue.is_idle(), workers.tend)
    assert queue.job(request.id).state is State.CANCELLED
    assert queue.job(tiny(2).id).state is State.DONE
    assert left_in(queue.layout.work) == []


def test_stopping_gives_jobs_back_at_once(queue: Queue) -> None:
    request = tiny(1, kind="deaf")
    queue.submit(request)
    workers = crew(queue)
    with workers:
        wait_until(lambda: queue.job(request.id).state is State.RUNNING)
        pids = [child.pid for child in psutil.Process().children()]
    job = queue.job(request.id)
    assert (job.state, job.failures, job.interruptions) == (State.QUEUED, 0, 0)
    assert left_in(queue.layout.work) == []
    tracker = {process.pid for process in psutil.Process().children()}
    assert len(set(pids) & tracker) < len(pids)
    workers.stop()


def test_workers_share_the_cores_and_have_a_gpu_each(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM", "CUDA_VISIBLE_DEVICES"]
    before = {name: os.environ.get(name) for name in names}
    request = tiny(1, kind="surroundings", names=names)
    queue.submit(request)
    finish(queue, threads=3, gpus=("GPU-b",))
    assert queue.job(request.id).result == dict(zip(names, ("3", "3", "GPU-b"), strict=True))
    assert {name: os.environ.get(name) for name in names} == before


def test_workers_that_cannot_start_end_the_run(queue: Queue) -> None:
    queue.submit(tiny(1))
    broken = crew(queue)
    queue.layout.logs.rmdir()  # nowhere to print to
    with broken, pytest.raises(EngineError, match="Workers end before they have a job"):
        wait_until(lambda: False, broken.tend)
    assert queue.job(tiny(1).id).state is State.QUEUED


def test_impossible_numbers_are_refused(queue: Queue) -> None:
    with pytest.raises(OptionError, match="0 workers"):
        crew(queue, workers=0)
    with pytest.raises(OptionError, match="-1 retries"):
        RetryPolicy(retries=-1)
    assert POLICY.delay_s(1) == 0
