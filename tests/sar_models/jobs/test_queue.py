"""The queue as callers see it."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest
from job_requests import tiny

from sar_models.domain.errors import (
    ConflictError,
    InputError,
    OptionError,
    RecordError,
    StoreError,
    UnknownVersionError,
)
from sar_models.jobs import Counts, EventKind, JobFilter, Layout, Page, Queue, State, Submission
from sar_models.jobs.lease import NEXT_JOB, Leases
from sar_models.stores.holder import this_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue.open(tmp_path / "out") as opened:
        yield opened


def run_next(queue: Queue, result: dict[str, object] | None = None) -> str:
    """Claim the next job and finish it; return its id."""
    leases = Leases(queue.database)
    job = leases.claim(this_process(), this_process())
    assert job is not None
    assert leases.finish(job, result or {}, found=False)
    return job.id


def kinds(queue: Queue, job: str) -> list[EventKind]:
    return [event.kind for event in queue.events(job=job)]


def test_asking_twice_is_asking_once(queue: Queue) -> None:
    first = queue.submit(tiny(1))
    assert queue.submit(tiny(1)) == first == tiny(1).id
    assert queue.counts() == Counts(queued=1)
    assert queue.counts().total == queue.counts().open == 1
    job = queue.job(first)
    assert (job.number, job.title, job.state) == (1, "tiny 1", State.QUEUED)
    assert job.values == {"number": 1}
    assert job.folder == f"tiny-1--{first[:12]}"


def test_asking_again_may_raise_the_priority_and_tells_where_inputs_lie_now(queue: Queue) -> None:
    queue.submit(tiny(1), priority=5)
    moved = tiny(1)
    job = queue.job(queue.submit(type(moved)(**vars(moved) | {"values": {"at": "b"}}), priority=2))
    assert job.priority == 5
    assert job.values == {"at": "b"}


def test_priority_then_order_of_submission(queue: Queue) -> None:
    queue.submit_all([Submission(tiny(1)), Submission(tiny(2), 9), Submission(tiny(3), 9)])
    assert [run_next(queue) for _ in range(3)] == [tiny(n).id for n in (2, 3, 1)]


def test_an_upgrade_repeats_what_is_done_only_when_asked_to(queue: Queue) -> None:
    old = queue.submit(tiny(1))
    run_next(queue)
    assert queue.submit(tiny(1, version="2")) == old
    assert queue.submit(tiny(1, version="2"), refresh=True) == tiny(1, version="2").id
    assert queue.counts() == Counts(done=1, queued=1)


def test_an_upgrade_does_not_bring_back_what_never_ran(queue: Queue) -> None:
    queue.submit(tiny(1))
    assert queue.submit(tiny(1, version="2")) == tiny(1, version="2").id


def test_a_name_stands_for_the_latest_request(queue: Queue) -> None:
    queue.submit(tiny(1), entry="pair")
    queue.submit(tiny(1), entry="same slides under another name")
    queue.submit(tiny(2), entry="pair")
    assert queue.job(tiny(1).id).state is State.QUEUED  # another name still asks for it
    queue.submit(tiny(3), entry="same slides under another name")
    replaced = queue.job(tiny(1).id)
    assert (replaced.state, replaced.reason) == (State.CANCELLED, "another request took its place")
    assert [(name, job.id) for name, job in queue.entries()] == [
        ("pair", tiny(2).id),
        ("same slides under another name", tiny(3).id),
    ]
    assert queue.counts(entries=True) == Counts(queued=2)
    assert queue.counts() == Counts(queued=2, cancelled=1)
    queue.submit(tiny(1), entry="pair")
    assert queue.job(tiny(1).id).state is State.QUEUED


def test_pages_and_filters(queue: Queue) -> None:
    queue.submit_all([Submission(tiny(n)) for n in range(1, 8)])
    run_next(queue)
    first = queue.jobs(page=Page(size=3))
    assert [job.number for job in first] == [1, 2, 3]
    assert [job.number for job in queue.jobs(page=Page(first[-1].number, 100))] == [4, 5, 6, 7]
    assert [job.number for job in queue.jobs(JobFilter(frozenset({State.DONE})))] == [1]
    assert [job.number for job in queue.jobs(JobFilter(text="NY 5"))] == [5]
    assert queue.jobs(JobFilter(text="%")) == ()
    with pytest.raises(OptionError, match="A page of 0"):
        Page(size=0)
    assert [name for name, _ in queue.entries()] == []


def test_events_can_be_followed(queue: Queue) -> None:
    queue.submit(tiny(1))
    seen = queue.last_event()
    run_next(queue, {"answer": 42})
    assert [event.kind for event in queue.events(seen)] == [
        EventKind.STARTED,
        EventKind.COMMITTED,
        EventKind.DONE,
    ]
    assert queue.job(tiny(1).id).result == {"answer": 42}
    assert queue.events(queue.last_event()) == ()
    assert len(queue.events(limit=2)) == 2


def test_cancel_waiting_running_and_ended_jobs(queue: Queue) -> None:
    waiting, running, ended = (queue.submit(tiny(n), priority=n) for n in (1, 2, 3))
    assert run_next(queue) == ended
    job = Leases(queue.database).claim(this_process(), this_process())
    assert job is not None
    assert job.id == running
    assert queue.cancel(waiting).state is State.CANCELLED
    assert (queue.cancel(running).state, queue.cancel(running).cancelling) == (State.RUNNING, True)
    assert queue.cancel(ended).state is State.DONE
    assert kinds(queue, running).count(EventKind.CANCELLING) == 1
    assert Leases(queue.database).claim(this_process(), this_process()) is None


def test_retry_only_what_failed_or_was_cancelled(queue: Queue) -> None:
    job = queue.submit(tiny(1))
    with pytest.raises(ConflictError, match="is queued"):
        queue.retry(job)
    queue.cancel(job)
    assert queue.retry(job).state is State.QUEUED
    run_next(queue)
    with pytest.raises(ConflictError, match="is done"):
        queue.retry(job)
    again = queue.retry(job, even_done=True)
    assert (again.state, again.result, again.finished_at) == (State.QUEUED, None, None)


def test_a_cancelled_job_is_queued_when_it_is_asked_for_again(queue: Queue) -> None:
    job = queue.submit(tiny(1))
    queue.cancel(job)
    assert queue.job(queue.submit(tiny(1))).state is State.QUEUED


def test_jobs_are_found_by_number_and_by_the_beginning_of_their_id(queue: Queue) -> None:
    job = queue.submit(tiny(1))
    assert queue.find("1").id == queue.find(job[:8].upper()).id == job
    for name in ("2", job[:5], "zzzzzzzz", "' OR 1=1 --"):
        with pytest.raises(InputError, match="No job is named"):
            queue.find(name)
    with pytest.raises(InputError, match="There is no job 'x'"):
        queue.job("x")


def test_titles_with_quotes_are_only_text(queue: Queue) -> None:
    request = tiny(1)
    named = type(request)(
        **vars(request) | {"title": "x'); DROP TABLE jobs; --", "label": "../a/b"}
    )
    job = queue.job(queue.submit(named))
    assert job.title == named.title
    assert "/" not in job.folder
    assert not job.folder.startswith(".")


def test_threads_share_one_queue(queue: Queue) -> None:
    def submit(start: int) -> None:
        for number in range(start, start + 25):
            queue.submit(tiny(number))
            queue.counts()

    threads = [threading.Thread(target=submit, args=(start,)) for start in (0, 0, 25, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert queue.counts() == Counts(queued=75)


def test_all_or_none_is_submitted(queue: Queue) -> None:
    def broken() -> Iterator[Submission]:
        yield Submission(tiny(1))
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - raised above, without a message
        queue.submit_all(broken())
    assert queue.counts() == Counts()


def test_a_queue_that_is_not_there_is_not_made_by_asking(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no queue"):
        Queue.open(tmp_path / "out", create=False)
    assert list(tmp_path.iterdir()) == []


def test_other_databases_and_newer_queues_are_left_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "out")
    layout.create()
    with sqlite3.connect(layout.database) as foreign:
        foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    with pytest.raises(RecordError, match="no queue of sar-align"):
        Queue(layout)
    layout.database.unlink()
    Queue(layout).close()
    with sqlite3.connect(layout.database) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(UnknownVersionError, match="version 99"):
        Queue(layout)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "out")
    layout.create()
    layout.database.write_bytes(b"no database " * 100)
    with pytest.raises(StoreError, match="remove it and run the same command"):
        Queue(layout)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="a file is in its place"):
        Queue.open(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (NEXT_JOB.replace("?", "1"), "jobs_waiting"),
        ("SELECT state, count(*) FROM jobs GROUP BY state", "COVERING INDEX jobs_by_state"),
        ("SELECT 1 FROM jobs WHERE state IN ('queued', 'running') LIMIT 1", "jobs_by_state"),
        ("SELECT * FROM jobs WHERE state = 'running'", "jobs_"),
        ("SELECT * FROM jobs WHERE subject = 'a' AND state = 'done'", "jobs_by_"),
    ],
)
def test_what_is_asked_often_reads_no_whole_table(queue: Queue, query: str, index: str) -> None:
    with queue.database.reading() as connection:
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert len(plan) == 1  # no sorting either
    assert index in plan[0]
