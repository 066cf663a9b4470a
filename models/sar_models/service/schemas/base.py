"""What all bodies have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e8, le=1e8)]
"""Level-0 pixels; the largest slides have a few million per axis."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Body(BaseModel):
    """What clients send: a misspelt field is an error, not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What clients get; later versions may add fields."""

    model_config = ConfigDict(frozen=True)


class Problem(Answer):
    """Every error: RFC 9457, with a remedy."""

    type: str = Field(examples=["urn:sar-align:problem:slide-error"])
    title: str = Field(examples=["slide error"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["'he.svs' cannot be opened: it is no image"])
    remedy: str = ""
