"""Parameters that several routes take alike, and what they may answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from sar_models.domain.slides import FrameKind
from sar_models.service.schemas.base import Problem
from sar_models.service.schemas.mapping import DirectionName

_EXAMPLE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

JobPath = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="Id of a job.", examples=[_EXAMPLE])
]
AlignmentPath = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{64}$",
        description="Id of a finished job, or of a folder that was opened.",
        examples=[_EXAMPLE],
    ),
]
After = Annotated[int, Query(ge=0, le=2**62, description="Those with higher numbers only.")]
Direction = Annotated[DirectionName, Query(description="inverse: from target to source.")]
Frame = Annotated[FrameKind, Query(description="Whose level-0 pixels the coordinates are.")]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of errors."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    known = {
        401: "The token is missing or wrong.",
        404: "There is nothing with this id.",
        408: "The body did not come in time.",
        409: "Not possible as things stand.",
        413: "The body is too large.",
        415: "The body is not JSON.",
        422: "What was sent cannot be used.",
        429: "Too much is waiting already.",
        503: "A store, or the disk, refused.",
    }
    return {
        status: {"description": known[status], "content": content} for status in (401, *statuses)
    }
