"""Alignments, as clients see them."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from sar_models.domain.alignment import Outcome
from sar_models.domain.slides import FrameKind
from sar_models.service.schemas.base import Answer, Body, Sha256


class OpenIn(Body):
    """An alignment folder below a root."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"folder": "/slides/aligned"}]})

    folder: str = Field(min_length=1, max_length=4096, description="Absolute path or file: URI.")


class FrameOut(Answer):
    """Whose level-0 pixels."""

    width: int
    height: int
    offset: tuple[float, float] = Field(description="Of its origin in the file's pixels.")


class SlideOut(Answer):
    """A slide of a pair."""

    name: str
    stain: str | None
    mpp: tuple[float, float] | None = Field(description="Micrometres per level-0 pixel, x and y.")
    frames: dict[FrameKind, FrameOut]


class FragmentOut(Answer):
    """A piece of tissue that was found on both slides."""

    id: str
    confidence: float
    source_area_px2: float
    target_area_px2: float


class AlignmentOut(Answer):
    """How one slide lies on another."""

    id: Sha256
    content_sha256: Sha256 = Field(description="What reviews cite.")
    request_id: str
    outcome: Outcome
    failure: str
    risk: float
    reasons: list[str]
    source: SlideOut
    target: SlideOut
    fragments: list[FragmentOut]
    previews: list[str] = Field(description="Names of its pictures.")
