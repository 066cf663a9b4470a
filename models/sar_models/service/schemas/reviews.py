"""What reviewers decided, and what they decide."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from sar_models.domain.alignment import Outcome
from sar_models.domain.review import Decision, ReviewStatus
from sar_models.service.schemas.base import Answer, Body, Sha256

_LONGEST = 20_000


class ReviewIn(Body):
    """A decision; who takes it is asked of the system, not of the client."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"decision": "accept"},
                {"decision": "reject", "fragment": "piece-2", "reason": "Mirrored."},
            ]
        }
    )

    decision: Decision = Field(description="undo takes back one's own last decision.")
    fragment: str | None = Field(
        None, min_length=1, max_length=256, description="Id of a piece; missing: the whole pair."
    )
    reason: str = Field("", max_length=_LONGEST, description="Required for reject.")
    comment: str = Field("", max_length=_LONGEST)
    content_sha256: Sha256 | None = Field(
        None, description="What was looked at; refused if the alignment is another one by now."
    )


class ReviewOut(Answer):
    """An event of the review log."""

    reviewer: str
    created: str
    content_sha256: str
    decision: Decision
    fragment: str | None
    reason: str
    comment: str
    sha256: Sha256 = Field(description="Of the event; the next one cites it.")


class ReviewsOut(Answer):
    """What stands about an alignment."""

    status: ReviewStatus
    standing: list[ReviewOut]
    fragments: dict[str, Decision] = Field(description="What all say together of single pieces.")


class QueueEntryOut(Answer):
    """A result of this server that is, or is to be, reviewed."""

    alignment: Sha256 | None = Field(description="Its id; null if no job stands for it any more.")
    content_sha256: str
    source: str
    target: str
    outcome: Outcome
    risk: float
    reasons: list[str]
    status: ReviewStatus
    problem: str = Field(description="Why its record cannot be read.")


class QueueOut(Answer):
    """Results to review, riskiest first."""

    total: int
    entries: list[QueueEntryOut]
