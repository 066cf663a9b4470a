"""The JSON form of a review event: one line of a log, one entry of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sar_models.domain.errors import RecordError, UnknownVersionError
from sar_models.domain.review import Decision, Review

if TYPE_CHECKING:
    from collections.abc import Mapping

REVIEW_SCHEMA_VERSION = 1
_SHA256 = r"^[0-9a-f]{64}$"
_LONGEST = 20_000


class ReviewRecord(BaseModel):
    """One event; ``sha256`` is that of all fields of :class:`Review`, its predecessor's included.

    The hash stands beside the event so that a changed line tells itself, also the last one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    reviewer: str = Field(min_length=1, max_length=256)
    created: str = Field(max_length=64)
    content_sha256: str = Field(min_length=1, max_length=128)
    decision: Decision
    fragment: str | None = Field(default=None, max_length=256)
    reason: str = Field(default="", max_length=_LONGEST)
    comment: str = Field(default="", max_length=_LONGEST)
    software: str = Field(default="", max_length=256)
    previous: str = Field(pattern=_SHA256)
    sha256: str = Field(pattern=_SHA256)


def review_to_record(review: Review) -> dict[str, Any]:
    """Return an event as JSON values.

    Raises
    ------
    RecordError
        If a text in it is longer than a log takes.
    """
    values = {"schema_version": REVIEW_SCHEMA_VERSION, **review.to_record()}
    try:
        return ReviewRecord(**values, sha256=review.sha256).model_dump(mode="json")
    except ValidationError as exc:
        raise RecordError(f"The review cannot be recorded: {_first(exc)}") from exc


def review_from_record(record: Mapping[str, Any] | Any) -> tuple[Review, str]:
    """Return an event and the hash that was written with it.

    Whether the two fit is for the caller to judge: a log is shown even where it was changed.

    Raises
    ------
    UnknownVersionError
        If a newer version wrote it.
    RecordError
        If it is no review event.
    """
    version = record.get("schema_version") if isinstance(record, dict) else None
    if isinstance(version, int) and version > REVIEW_SCHEMA_VERSION:
        raise UnknownVersionError(
            f"The review event has version {version!r}, this program reads {REVIEW_SCHEMA_VERSION}",
            remedy="Install a newer sar-align.",
        )
    try:
        parsed = ReviewRecord.model_validate(record)
    except ValidationError as exc:
        raise RecordError(f"This is no review event: {_first(exc)}") from exc
    values = parsed.model_dump(exclude={"schema_version", "sha256"})
    return Review(**values), parsed.sha256


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where!r}: {first['msg']}" if where else first["msg"]
