"""One event of a review log: who decided what about which result, and after which event."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sar_models.domain.errors import RecordError
from sar_models.domain.provenance import sha256_of

GENESIS = "0" * 64
"""What the first event of a reviewer cites as its predecessor."""


class Decision(StrEnum):
    """What a reviewer decided."""

    ACCEPT = "accept"
    REJECT = "reject"
    NEEDS_FIX = "needs-fix"
    UNDO = "undo"


Item = tuple[str, str | None]
"""What a decision is about: content hash of an alignment, and a fragment or the whole (None)."""


@dataclass(frozen=True)
class Review:
    """One event of one reviewer's log.

    Parameters
    ----------
    reviewer : str
        Identity as JupyterHub, OMERO or the operating system gives it, that one in front:
        ``os:ada``.
    created : str
        ISO 8601 time with its zone.
    content_sha256 : str
        The alignment that was looked at, by its content.
    decision : Decision
        ``undo`` takes back the reviewer's last standing decision on the same item.
    fragment : str or None
        Id of the fragment that is meant, ``None`` for the whole pair.
    reason : str
        Required for ``reject``.
    comment : str
    software : str
        Name and version of the program that recorded it.
    previous : str
        Hash of the reviewer's event before, :data:`GENESIS` for the first.
    """

    reviewer: str
    created: str
    content_sha256: str
    decision: Decision
    fragment: str | None = None
    reason: str = ""
    comment: str = ""
    software: str = ""
    previous: str = GENESIS

    def __post_init__(self) -> None:
        object.__setattr__(self, "decision", Decision(self.decision))
        if not self.reviewer:
            raise RecordError("A review needs a reviewer")
        if self.decision is Decision.REJECT and not self.reason.strip():
            raise RecordError("A rejection needs a reason", remedy="Say what is wrong.")
        try:
            zone = datetime.fromisoformat(self.created).tzinfo
        except ValueError as exc:
            raise RecordError(f"Review time {self.created!r} is no ISO 8601 time") from exc
        if zone is None:
            raise RecordError(f"Review time {self.created!r} has no time zone")

    @property
    def item(self) -> Item:
        """What the event is about: content hash and fragment."""
        return self.content_sha256, self.fragment

    @property
    def sha256(self) -> str:
        """Hash of the event, its predecessor's hash included."""
        return sha256_of(self.to_record())

    def to_record(self) -> dict[str, Any]:
        """Return the event as JSON values."""
        return asdict(self) | {"decision": self.decision.value}
