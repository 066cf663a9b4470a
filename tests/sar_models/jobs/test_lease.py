"""Who runs a job, and what becomes of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from job_requests import tiny

from sar_models.jobs import EventKind, Queue, RetryPolicy, State
from sar_models.jobs.lease import Leases, Standing
from sar_models.stores.holder import Holder, this_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sar_models.jobs import Job

HERE = this_process()
GONE = Holder(HERE.machine, 2**30, 1.0)
ELSEWHERE = Holder("elsewhere", 1, 1.0)
POLICY = RetryPolicy(retries=2, first_delay_s=0.0, interruptions=2)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue.open(tmp_path / "out") as opened:
        opened.submit(tiny(1))
        yield opened


@pytest.fixture
def leases(queue: Queue) -> Leases:
    return Leases(queue.database, POLICY)


def claimed(leases: Leases, worker: Holder = HERE, boss: Holder = HERE) -> Job:
    job = leases.claim(worker, boss)
    assert job is not None
    return job


def test_a_job_is_claimed_once(leases: Leases) -> None:
    job = claimed(leases)
    assert (job.state, job.attempt) == (State.RUNNING, 1)
    assert leases.claim(HERE, HERE) is None


def test_errors_are_retried_and_then_given_up(queue: Queue, leases: Leases) -> None:
    for _ in range(2):
        assert leases.fail(claimed(leases), "disk away", permanent=False) is State.QUEUED
        assert queue.job(tiny(1).id).reason == "disk away"
    assert leases.fail(claimed(leases), "disk away", permanent=False) is State.FAILED
    job = queue.job(tiny(1).id)
    assert (job.state, job.failures, job.reason) == (State.FAILED, 3, "disk away")
    assert leases.claim(HERE, HERE) is None
    queue.retry(job.id)
    assert claimed(leases).failures == 0


def test_an_error_that_would_come_again_is_not_retried(leases: Leases) -> None:
    assert leases.fail(claimed(leases), "no slide", permanent=True) is State.FAILED


def test_a_retry_waits_and_lets_others_pass(queue: Queue) -> None:
    leases = Leases(queue.database, RetryPolicy(first_delay_s=200))
    queue.submit(tiny(2))
    leases.fail(claimed(leases), "busy", permanent=False)
    assert queue.job(tiny(1).id).ready_at > time.time() + 150
    assert claimed(leases).id == tiny(2).id
    assert leases.claim(HERE, HERE) is None


def test_waits_grow_to_a_bound() -> None:
    policy = RetryPolicy(retries=9, first_delay_s=2, factor=5, longest_delay_s=60)
    assert [policy.delay_s(n) for n in (1, 2, 3, 9, 10)] == [2, 10, 50, 60, None]


def test_a_worker_that_dies_again_and_again_takes_its_job_down(
    queue: Queue, leases: Leases
) -> None:
    for _ in range(3):
        claimed(leases, GONE)
        job = leases.died(GONE, "its worker was killed")
    assert job is not None
    assert (job.state, job.reason) == (State.FAILED, "its worker was killed")
    assert leases.died(GONE, "again") is None
    assert queue.counts().failed == 1


def test_the_boss_sees_to_dead_workers_as_long_as_it_lives(leases: Leases) -> None:
    claimed(leases, worker=GONE, boss=HERE)
    assert leases.recover() == []


def test_what_nobody_runs_any_more_goes_on_and_is_not_blamed(queue: Queue, leases: Leases) -> None:
    claimed(leases, worker=GONE, boss=GONE)
    (job,) = leases.recover()
    assert (job.state, job.failures, job.interruptions) == (State.QUEUED, 0, 1)
    assert leases.recover() == []
    assert queue.events(job=job.id)[-1].kind is EventKind.INTERRUPTED


def test_but_not_for_ever(leases: Leases) -> None:
    for _ in range(3):
        claimed(leases, worker=GONE, boss=GONE)
        (job,) = leases.recover()
    assert job.state is State.FAILED
    assert "3 times" in job.reason


def test_another_machines_lease_runs_until_it_expires(queue: Queue) -> None:
    claimed(Leases(queue.database), worker=ELSEWHERE, boss=ELSEWHERE)
    assert Leases(queue.database).recover() == []
    queue.submit(tiny(2))
    claimed(Leases(queue.database, lease_s=-1.0), worker=ELSEWHERE, boss=ELSEWHERE)
    assert [job.id for job in Leases(queue.database).recover()] == [tiny(2).id]


def test_signs_of_life_keep_a_job(queue: Queue) -> None:
    leases = Leases(queue.database, lease_s=-1.0)
    job = claimed(leases)
    assert Leases(queue.database).renew(job, ("searching", 0.25)) is Standing.HELD
    assert Leases(queue.database).recover() == []
    now = queue.job(job.id)
    assert (now.stage, now.fraction) == ("searching", 0.25)


def test_who_lost_a_job_changes_nothing(queue: Queue, leases: Leases) -> None:
    lost = claimed(leases, worker=GONE, boss=GONE)
    leases.recover()
    held = claimed(leases)
    assert leases.renew(lost) is Standing.LOST
    assert not leases.finish(lost, {}, found=False)
    assert leases.fail(lost, "late", permanent=True) is None
    leases.give_back(lost)
    leases.cancelled(lost)
    assert queue.job(held.id).state is State.RUNNING
    assert leases.finish(held, {}, found=True)


def test_giving_back_is_not_held_against_a_job(queue: Queue, leases: Leases) -> None:
    leases.give_back(claimed(leases))
    job = queue.job(tiny(1).id)
    assert (job.state, job.failures, job.interruptions) == (State.QUEUED, 0, 0)


def test_what_a_worker_left_that_ended_in_order_is_not_blamed(queue: Queue, leases: Leases) -> None:
    assert leases.held_by(GONE) is None
    job = claimed(leases, GONE)
    assert leases.held_by(GONE) == job
    leases.abandoned(HERE)
    assert leases.held_by(GONE) == job
    leases.abandoned(GONE)
    assert queue.job(job.id).state is State.QUEUED
    assert queue.job(job.id).failures == 0


def test_cancelling_reaches_the_worker(queue: Queue, leases: Leases) -> None:
    job = claimed(leases)
    queue.cancel(job.id)
    assert leases.renew(job) is Standing.CANCELLING
    leases.cancelled(job)
    assert queue.job(job.id).state is State.CANCELLED


@pytest.mark.parametrize("how", ["error", "death", "recovery", "given back"])
def test_a_job_that_was_to_stop_is_not_queued_again(how: str, queue: Queue, leases: Leases) -> None:
    job = claimed(leases, worker=GONE, boss=GONE)
    queue.cancel(job.id)
    if how == "error":
        leases.fail(job, "x", permanent=False)
    elif how == "death":
        leases.died(GONE, "x")
    elif how == "recovery":
        leases.recover()
    else:
        leases.give_back(job)
    assert queue.job(job.id).state is State.CANCELLED


def test_progress_of_ended_jobs_is_forgotten(queue: Queue, leases: Leases) -> None:
    job = claimed(leases)
    for step in range(10):
        leases.renew(job, ("working", step / 10))
    assert sum(e.kind is EventKind.PROGRESS for e in queue.events(job=job.id)) == 10
    leases.finish(job, {}, found=False)
    assert [e.kind for e in queue.events(job=job.id)] == [
        *(EventKind.SUBMITTED, EventKind.STARTED, EventKind.COMMITTED, EventKind.DONE),
    ]
