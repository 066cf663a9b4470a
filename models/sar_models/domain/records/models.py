"""The JSON form of an alignment, checked where it enters (pydantic)."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

ALIGNMENT_SCHEMA_VERSION = 1


def _nan_from_null(value: Any) -> Any:
    return math.nan if value is None else value


def _null_from_nan(value: float) -> float | None:
    return value if math.isfinite(value) else None


JsonFloat = Annotated[
    float,
    BeforeValidator(_nan_from_null),
    PlainSerializer(_null_from_nan, return_type=float | None),
]
"""A number; JSON has no NaN, so that an undefined one is ``null``."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SizeRecord(_Model):
    """Extent in pixels."""

    width: int = Field(ge=1)
    height: int = Field(ge=1)


class MppRecord(_Model):
    """Micrometres per level-0 pixel."""

    x: float = Field(gt=0)
    y: float = Field(gt=0)


class RegionRecord(_Model):
    """A rectangle in level-0 pixels."""

    x: int
    y: int
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class SlideRecord(_Model):
    """A slide and its frame (reader, series, bounds, size)."""

    uri: str
    name: str
    size: SizeRecord
    levels: list[SizeRecord]
    mpp: MppRecord | None
    bounds: RegionRecord | None
    reader: str
    series: int
    checksum: str
    stain: str | None


class PairRecord(_Model):
    """The slides that were aligned."""

    source: SlideRecord
    target: SlideRecord


class ReasonRecord(_Model):
    """Why an alignment is risky."""

    code: str
    text: str
    weight: float


class RiskRecord(_Model):
    """Risk in [0, 1] with its reasons."""

    score: float = Field(ge=0, le=1)
    reasons: list[ReasonRecord]


class ProvenanceRecord(_Model):
    """What was run on what."""

    versions: dict[str, str]
    weights: dict[str, str]
    options: dict[str, Any]
    seed: int
    device: str
    slides: dict[str, str]
    created: str
    seconds: float
    parent: str | None
    landmarks: str | None


class AlignmentRecord(_Model):
    """``alignment.json``; arrays stand in ``transform.safetensors`` under their reference."""

    kind: Literal["sar-align/alignment"] = "sar-align/alignment"
    schema_version: Literal[1] = 1
    request_id: str
    content_sha256: str
    outcome: Literal["aligned", "partial", "ambiguous", "failed"]
    failure: str
    pair: PairRecord
    risk: RiskRecord
    quality: dict[str, JsonFloat]
    provenance: ProvenanceRecord
    transform: dict[str, Any]
    anchors: dict[str, Any]
    sigma: dict[str, Any]
    confidence: dict[str, Any]
    tissue_source: dict[str, Any]
    tissue_target: dict[str, Any]
    placements: list[dict[str, Any]]
