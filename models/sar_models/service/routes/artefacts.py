"""Alignments and what belongs to them: report, pictures, record, transforms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi import Path as PathParameter
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from sar_models.domain.slides import FrameKind
from sar_models.exports import ExportOptions, FormatName, Units
from sar_models.service.context import Service, ServiceOf
from sar_models.service.problems import Missing
from sar_models.service.routes.parameters import AlignmentPath, Direction, problems
from sar_models.service.schemas.alignments import AlignmentOut, OpenIn
from sar_models.stores.alignment_folder import RECORD_NAME

router = APIRouter(prefix="/alignments", tags=["alignments"])

_DESCRIBE = "sar_models.service.work.describing:describe"
_EXPORT = "sar_models.service.work.exporting:export"
_REPORT = "report.html"
_PREVIEWS = "preview"


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": "The file.", "content": content}}


@router.post(
    "",
    response_model=AlignmentOut,
    responses=problems(408, 413, 415, 422, 429),
)
async def open_folder(asked: OpenIn, service: ServiceOf) -> AlignmentOut:
    """Make an alignment folder below a root known under an id: the hash of its content."""
    folder = await run_in_threadpool(service.catalogue.folder_named, asked.folder)
    told = await service.quick.run(_DESCRIBE, str(folder))
    service.catalogue.add(told["content_sha256"], folder)
    return _described(told["content_sha256"], told, folder)


@router.get("/{alignment}", response_model=AlignmentOut, responses=problems(404, 409, 422, 429))
async def describe(alignment: AlignmentPath, service: ServiceOf) -> AlignmentOut:
    """Return what an alignment is: outcome, risk with its reasons, slides, pieces."""
    folder = await _folder(service, alignment)
    return _described(alignment, await service.quick.run(_DESCRIBE, str(folder)), folder)


@router.get(
    "/{alignment}/report",
    response_class=FileResponse,
    responses=_file("text/html") | problems(404, 409, 422),
)
async def report(alignment: AlignmentPath, service: ServiceOf) -> FileResponse:
    """Return the report: one HTML file that needs nothing else."""
    path = (await _folder(service, alignment)) / _REPORT
    return await _sent(service, path, "text/html; charset=utf-8")


@router.get(
    "/{alignment}/record",
    response_class=FileResponse,
    responses=_file("application/json") | problems(404, 409, 422),
)
async def record(alignment: AlignmentPath, service: ServiceOf) -> FileResponse:
    """Return the record, as `alignment.json` in its folder has it."""
    return await _sent(
        service, (await _folder(service, alignment)) / RECORD_NAME, "application/json"
    )


@router.get(
    "/{alignment}/previews/{name}",
    response_class=FileResponse,
    responses=_file("image/jpeg") | problems(404, 409, 422),
)
async def preview(
    alignment: AlignmentPath,
    name: Annotated[str, PathParameter(max_length=100, examples=["overlay.jpg"])],
    service: ServiceOf,
) -> FileResponse:
    """Return a picture; the alignment tells their names."""
    folder = await _folder(service, alignment)
    # Compared with what is there: no path is made of what clients write.
    if name not in _previews(folder):
        raise Missing("picture", "The alignment tells the names of its pictures.")
    return await _sent(service, folder / _PREVIEWS / name, "image/jpeg")


@router.get(
    "/{alignment}/transform",
    response_class=FileResponse,
    responses=_file("application/octet-stream") | problems(404, 409, 422, 429, 503),
)
async def transform(
    alignment: AlignmentPath,
    service: ServiceOf,
    export_format: Annotated[FormatName, Query(alias="format", description="Who shall read it.")],
    direction: Direction = "forward",
    fragment: Annotated[
        str | None, Query(max_length=200, description="This piece alone: id, or number from 1.")
    ] = None,
    units: Annotated[Units | None, Query(description="In the file, where it has a choice.")] = None,
    frame: Annotated[FrameKind | None, Query(description="Whose level-0 pixels are meant.")] = None,
    tolerance_px: Annotated[
        float | None, Query(gt=0, le=1e6, description="Error that the format may add.")
    ] = None,
) -> Response:
    """Return the transform for another program; several files come as one ZIP file."""
    options = ExportOptions(fragment, direction == "inverse", units, frame, tolerance_px)
    folder = await _folder(service, alignment)
    place = service.spool.take()
    try:
        path: Path = await service.bulk.run(_EXPORT, str(folder), place, export_format, options)
    except BaseException:
        service.spool.give_back(place)
        raise
    return FileResponse(
        path,
        filename=path.name,
        media_type="application/octet-stream",
        background=BackgroundTask(service.spool.give_back, place),
    )


async def _folder(service: Service, alignment: str) -> Path:
    return await run_in_threadpool(service.catalogue.folder_of, alignment)


def _described(alignment: str, told: dict[str, Any], folder: Path) -> AlignmentOut:
    return AlignmentOut(id=alignment, previews=_previews(folder), **told)


def _previews(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / _PREVIEWS).glob("*.jpg"))


async def _sent(service: Service, path: Path, media_type: str) -> FileResponse:
    """Return a file of an alignment folder, unless it is a link to elsewhere."""
    if not await run_in_threadpool(service.catalogue.may_read, path):
        raise Missing("file", "The alignment was made without it.")
    return FileResponse(path, media_type=media_type)
