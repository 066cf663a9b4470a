"""Points and annotations through an alignment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from sar_models.domain.slides import FrameKind
from sar_models.domain.transfer import TransferOptions
from sar_models.service.collection import collection
from sar_models.service.context import ServiceOf
from sar_models.service.routes.parameters import AlignmentPath, Direction, Frame, problems
from sar_models.service.schemas.mapping import GEOJSON_EXAMPLE, GeojsonOut, PointsIn, PointsOut
from sar_models.service.sharing import map_in_shares
from sar_models.service.spool import write_body

router = APIRouter(prefix="/alignments/{alignment}", tags=["mapping"])

_POINTS = "sar_models.service.work.points:map_points"


def _body(schema: dict[str, Any], **examples: Any) -> dict[str, Any]:
    """Return what the OpenAPI document says of a body that is not parsed in this process."""
    content = {"application/json": {"schema": schema, **examples}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/points",
    response_model=PointsOut,
    responses=problems(404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=_body(PointsIn.model_json_schema()),
)
async def points(alignment: AlignmentPath, service: ServiceOf, request: Request) -> Response:
    """Map points to the other slide; each gets a status, a piece of tissue, an expected error."""
    folder = await run_in_threadpool(service.catalogue.folder_of, alignment)
    body = await request.body()
    limit = service.options.limits.points
    text = await service.quick.run(_POINTS, str(folder), body, limit)
    return Response(text, media_type="application/json")


@router.post(
    "/geojson",
    response_model=GeojsonOut,
    responses=problems(404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=_body({"type": "object"}, example=GEOJSON_EXAMPLE),
)
async def geojson(
    alignment: AlignmentPath,
    service: ServiceOf,
    request: Request,
    direction: Direction = "forward",
    frame: Frame = "file",
    output_frame: Annotated[
        FrameKind | None, Query(description="Whose pixels of the other slide are wanted.")
    ] = None,
    section: Annotated[
        Literal["serial", "same"],
        Query(description="same: one section restained; only then cells and detections move."),
    ] = "serial",
    measurements: Annotated[
        Literal["drop", "keep"],
        Query(description="keep: those of the other section, under `source:`."),
    ] = "drop",
) -> Response:
    """Carry annotations, as QuPath exports them, to the other slide.

    The answer is a collection that QuPath reads, with the member `sar_align` beside the features:
    counts, what did not map and why, what was repaired. It begins when all of it is mapped, so an
    error never comes in the middle.
    """
    folder = await run_in_threadpool(service.catalogue.folder_of, alignment)
    options = TransferOptions(
        section=section, frame=frame, output_frame=output_frame, source_measurements=measurements
    )
    place = service.spool.take()
    try:
        body = place / "body.json"
        size = await write_body(request.stream(), body)
        parts = await map_in_shares(service, str(folder), body, size, direction, options)
        body.unlink()
    except BaseException:
        # Processes that are still at it notice, and stop.
        service.spool.give_back(place)
        raise
    return StreamingResponse(
        collection(parts),
        media_type="application/geo+json",
        background=BackgroundTask(service.spool.give_back, place),
    )
