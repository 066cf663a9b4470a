"""Pairs to align: submit, list, look at, cancel, retry."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from sar_models.domain.errors import InputError
from sar_models.jobs import Counts, Job, JobFilter, Page, Queue, State
from sar_models.report.redact import plain
from sar_models.service.context import ServiceOf
from sar_models.service.problems import Missing
from sar_models.service.routes.parameters import After, JobPath, problems
from sar_models.service.schemas.jobs import CountsOut, JobIn, JobOut, JobsOut
from sar_models.service.slides import slide_record

router = APIRouter(prefix="/jobs", tags=["jobs"])

_ASK = "sar_models.service.work.asking:ask"
_CORRECT = "sar_models.service.work.asking:ask_correction"
_MANY = 1000


@router.post(
    "",
    response_model=JobOut,
    status_code=202,
    responses=problems(404, 408, 409, 413, 415, 422, 429, 503),
)
async def submit(asked: JobIn, service: ServiceOf, response: Response) -> JobOut:
    """Ask for a pair to be aligned. Asking twice is asking once: the same job is returned."""
    records = [
        await run_in_threadpool(slide_record, slide, service.roots)
        for slide in (asked.source, asked.target)
    ]
    options = asked.options.to_values()
    if asked.correction is None:
        request = await service.slides.run(_ASK, *records, options)
    else:
        parent = await run_in_threadpool(service.catalogue.folder_of, asked.correction.alignment)
        correction = asked.correction.to_values()
        request = await service.slides.run(_CORRECT, *records, options, str(parent), correction)

    def into_queue() -> Job:
        job = service.queue.submit(request, asked.priority, refresh=asked.refresh)
        return service.queue.job(job)

    job = await run_in_threadpool(into_queue)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_out(job)


@router.get("", response_model=JobsOut, responses=problems(422))
def list_jobs(
    service: ServiceOf,
    state: Annotated[list[State] | None, Query(description="Those in one of these only.")] = None,
    text: Annotated[str, Query(max_length=200, description="Part of the title.")] = "",
    after: After = 0,
    size: Annotated[int, Query(ge=1, le=_MANY)] = 100,
) -> JobsOut:
    """Return a page of jobs, in the order of submission."""
    wanted = JobFilter(frozenset(state or ()), text)
    jobs = service.queue.jobs(wanted, Page(after, size))
    return JobsOut(
        jobs=[job_out(job) for job in jobs],
        next=jobs[-1].number if len(jobs) == size else None,
        counts=_counts(service.queue.counts()),
    )


@router.get("/{job}", response_model=JobOut, responses=problems(404, 422))
def look_at(job: JobPath, service: ServiceOf) -> JobOut:
    """Return a job as it stands."""
    return job_out(found(service.queue, job))


@router.post("/{job}/cancel", response_model=JobOut, responses=problems(404, 422))
def cancel(job: JobPath, service: ServiceOf) -> JobOut:
    """Stop a job: at once if it waits, within seconds if it runs; one that ended stays as it is."""
    found(service.queue, job)
    return job_out(service.queue.cancel(job))


@router.post("/{job}/retry", response_model=JobOut, responses=problems(404, 409, 422))
def retry(job: JobPath, service: ServiceOf) -> JobOut:
    """Queue a job again that failed or was cancelled."""
    found(service.queue, job)
    return job_out(service.queue.retry(job))


def found(queue: Queue, job: str) -> Job:
    """Return a job.

    Raises
    ------
    Missing
        If there is none with this id.
    """
    try:
        return queue.job(job)
    except InputError as exc:
        raise Missing("job", "List the jobs, or submit the pair.") from exc


def job_out(job: Job) -> JobOut:
    """Return what clients are told of a job; no folders."""
    return JobOut(
        id=job.id,
        number=job.number,
        title=plain(job.title),
        state=job.state,
        stage=job.stage,
        fraction=job.fraction,
        attempt=job.attempt,
        priority=job.priority,
        cancelling=job.cancelling,
        reason=plain(job.reason),
        submitted_at=job.submitted_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        result=None if job.result is None else dict(job.result),
        alignment=job.id if job.state is State.DONE else None,
    )


def _counts(counts: Counts) -> CountsOut:
    return CountsOut(**asdict(counts))
