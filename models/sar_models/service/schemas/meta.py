"""What the server is."""

from __future__ import annotations

from typing import Literal

from sar_models.exports import FormatName
from sar_models.service.schemas.base import Answer


class Health(Answer):
    """It answers."""

    status: Literal["ok"] = "ok"


class LimitsOut(Answer):
    """What one request may bring."""

    json_bytes: int
    points_bytes: int
    points: int
    geojson_bytes: int


class About(Answer):
    """Version and abilities of a server."""

    version: str
    api: Literal[1] = 1
    workers: int
    workers_problem: str
    roots: list[str]
    formats: list[FormatName]
    limits: LimitsOut
