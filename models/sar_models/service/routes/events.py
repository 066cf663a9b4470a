"""What happens to jobs: to be asked for again and again, or as a stream."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from sar_models.service.context import Service, ServiceOf
from sar_models.service.problems import Refusal
from sar_models.service.routes.jobs import found
from sar_models.service.routes.parameters import After, JobPath, problems
from sar_models.service.schemas.jobs import EventOut, EventsOut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sar_models.jobs import Event

router = APIRouter(tags=["events"])

_LOOK_S = 0.25
_ALIVE_S = 10.0
"""A comment now and then tells both ends that the other is there."""
_MANY = 1000
_Size = Annotated[int, Query(ge=1, le=_MANY)]
_LastSeen = Annotated[
    str, Header(alias="Last-Event-ID", max_length=20, description="As browsers send it.")
]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'id: 7\nevent: progress\ndata: {"number": 7, "job": "9f86...", '
                '"kind": "progress", "data": {"stage": "finding pieces", "fraction": 0.4}}\n\n',
            }
        },
        "description": "Server-sent events; those of one job end with it.",
    }
}


@router.get("/events", response_model=EventsOut, responses=problems(422))
def events(service: ServiceOf, after: After = 0, size: _Size = 200) -> EventsOut:
    """Return what happened to all jobs after an event."""
    return _answer(service.queue.events(after, limit=size), after)


@router.get("/jobs/{job}/events", response_model=EventsOut, responses=problems(404, 422))
def events_of(job: JobPath, service: ServiceOf, after: After = 0, size: _Size = 200) -> EventsOut:
    """Return what happened to a job after an event."""
    found(service.queue, job)
    return _answer(service.queue.events(after, job=job, limit=size), after)


@router.get(
    "/events/stream",
    response_class=StreamingResponse,
    responses=_STREAM | problems(422, 429),
)
async def stream(
    service: ServiceOf, after: After = 0, last_event_id: _LastSeen = ""
) -> StreamingResponse:
    """Send what happens to all jobs after an event, as it happens."""
    return _streamed(service, None, _seen(after, last_event_id))


@router.get(
    "/jobs/{job}/events/stream",
    response_class=StreamingResponse,
    responses=_STREAM | problems(404, 422, 429),
)
async def stream_of(
    job: JobPath, service: ServiceOf, after: After = 0, last_event_id: _LastSeen = ""
) -> StreamingResponse:
    """Send what happens to a job after an event, until it ends."""
    await run_in_threadpool(found, service.queue, job)
    return _streamed(service, job, _seen(after, last_event_id))


def _seen(after: int, last_event_id: str) -> int:
    return int(last_event_id) if last_event_id.isascii() and last_event_id.isdecimal() else after


def _answer(happened: tuple[Event, ...], after: int) -> EventsOut:
    last = happened[-1].number if happened else after
    return EventsOut(events=[_event(event) for event in happened], last=last)


def _event(event: Event) -> EventOut:
    return EventOut(
        number=event.number, job=event.job, at=event.at, kind=event.kind, data=dict(event.data)
    )


def _streamed(service: Service, job: str | None, after: int) -> StreamingResponse:
    if service.streams.open >= service.options.limits.streams:
        raise Refusal(429, "Too many event streams are open", "Close one, or poll for events.")
    return StreamingResponse(_texts(service, job, after), media_type="text/event-stream")


async def _texts(service: Service, job: str | None, after: int) -> AsyncIterator[str]:
    service.streams.open += 1
    try:
        yield ": sar-align\n\n"
        told = time.monotonic()
        while not service.stopping.is_set():
            # Asked before the events: what ends it is among those read afterwards.
            ended = job is not None and await run_in_threadpool(_has_ended, service, job)
            happened = await run_in_threadpool(service.queue.events, after, job=job, limit=_MANY)
            for event in happened:
                after = event.number
                yield _text(event)
            if ended and len(happened) < _MANY:
                return
            if happened:
                told = time.monotonic()
            elif time.monotonic() - told > _ALIVE_S:
                told = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(0 if happened else _LOOK_S)
    finally:
        service.streams.open -= 1


def _has_ended(service: Service, job: str) -> bool:
    return found(service.queue, job).state.is_final


def _text(event: Event) -> str:
    data = json.dumps(_event(event).model_dump(mode="json"))
    return f"id: {event.number}\nevent: {event.kind.value}\ndata: {data}\n\n"
