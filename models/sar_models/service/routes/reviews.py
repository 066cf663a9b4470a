"""Decisions on alignments."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from sar_models.domain.alignment import Outcome
from sar_models.domain.review import Review, ReviewStatus
from sar_models.service.context import ServiceOf
from sar_models.service.routes.parameters import AlignmentPath, problems
from sar_models.service.schemas.reviews import (
    QueueEntryOut,
    QueueOut,
    ReviewIn,
    ReviewOut,
    ReviewsOut,
)
from sar_models.stores.reviews import QueueEntry, QueueFilter

router = APIRouter(tags=["reviews"])

_DESCRIBE = "sar_models.service.work.describing:describe"


@router.get("/reviews", response_model=QueueOut, responses=problems(422, 503))
def queue(
    service: ServiceOf,
    status: Annotated[list[ReviewStatus] | None, Query()] = None,
    outcome: Annotated[list[Outcome] | None, Query()] = None,
    text: Annotated[str, Query(max_length=200, description="Part of a name.")] = "",
    min_risk: Annotated[float, Query(ge=0, le=1)] = 0.0,
    max_risk: Annotated[float, Query(ge=0, le=1)] = 1.0,
    skip: Annotated[int, Query(ge=0, le=10**9)] = 0,
    size: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> QueueOut:
    """Return results of this server with what was decided, riskiest first, a page at a time."""
    wanted = QueueFilter(
        statuses=frozenset(status) if status else None,
        outcomes=frozenset(outcome) if outcome else None,
        min_risk=min_risk,
        max_risk=max_risk,
        name=text,
    )
    entries = service.reviewing.queue(service.queue.layout.results, wanted)
    page = entries[skip : skip + size]
    ids = service.catalogue.ids_of([entry.alignment.name for entry in page])
    return QueueOut(total=len(entries), entries=list(map(_entry, page, ids)))


@router.get(
    "/alignments/{alignment}/reviews",
    response_model=ReviewsOut,
    responses=problems(404, 409, 422, 429, 503),
)
async def reviews(alignment: AlignmentPath, service: ServiceOf) -> ReviewsOut:
    """Return the decisions that stand about an alignment, of all reviewers."""
    folder = await run_in_threadpool(service.catalogue.folder_of, alignment)
    told = await service.quick.run(_DESCRIBE, str(folder))
    found = await run_in_threadpool(service.reviewing.standing, folder, told["content_sha256"])
    return ReviewsOut(
        status=found.status,
        standing=[_review(review) for review in found.reviews],
        fragments=dict(found.fragments),
    )


@router.post(
    "/alignments/{alignment}/reviews",
    response_model=ReviewOut,
    status_code=201,
    responses=problems(404, 408, 409, 413, 415, 422, 429, 503),
)
async def review(alignment: AlignmentPath, asked: ReviewIn, service: ServiceOf) -> ReviewOut:
    """Record a decision; it is on the disk when this answers. The same twice is one."""
    folder = await run_in_threadpool(service.catalogue.folder_of, alignment)
    told = await service.quick.run(_DESCRIBE, str(folder))
    record = partial(
        service.reviewing.record,
        folder,
        told,
        asked.decision,
        fragment=asked.fragment,
        reason=asked.reason,
        comment=asked.comment,
        seen=asked.content_sha256,
    )
    return _review(await run_in_threadpool(record))


def _review(review: Review) -> ReviewOut:
    return ReviewOut(
        reviewer=review.reviewer,
        created=review.created,
        content_sha256=review.content_sha256,
        decision=review.decision,
        fragment=review.fragment,
        reason=review.reason,
        comment=review.comment,
        sha256=review.sha256,
    )


def _entry(entry: QueueEntry, alignment: str | None) -> QueueEntryOut:
    summary = entry.alignment
    return QueueEntryOut(
        alignment=alignment,
        content_sha256=summary.content_sha256,
        source=summary.source,
        target=summary.target,
        outcome=summary.outcome,
        risk=summary.risk,
        reasons=list(summary.reasons),
        status=entry.status,
        problem=summary.problem,
    )
