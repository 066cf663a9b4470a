"""Reviews: append-only events, chained per reviewer so that a changed past shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import RecordError
from sar_models.domain.provenance import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GENESIS = "0" * 64
"""What the first event of a reviewer cites as its predecessor."""


class Decision(StrEnum):
    """What a reviewer decided."""

    ACCEPT = "accept"
    REJECT = "reject"
    NEEDS_FIX = "needs-fix"
    UNDO = "undo"


@dataclass(frozen=True)
class Review:
    """One event of one reviewer's log.

    Parameters
    ----------
    reviewer : str
        Identity as JupyterHub, OMERO or the operating system gives it.
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
    def item(self) -> tuple[str, str | None]:
        """What the event is about: content hash and fragment."""
        return self.content_sha256, self.fragment

    @property
    def sha256(self) -> str:
        """Hash of the event, its predecessor's hash included."""
        return sha256_of(self.to_record())

    def to_record(self) -> dict[str, Any]:
        """Return the event as JSON values."""
        return asdict(self) | {"decision": self.decision.value}


def verify_chain(events: Sequence[Review], head: str | None = None) -> None:
    """Check that one reviewer's events follow each other unchanged.

    Parameters
    ----------
    events : sequence of Review
        In the order of the log.
    head : str or None
        Hash of the last event as it was anchored in an export or a push; shows a cut tail.

    Raises
    ------
    RecordError
        Where the chain breaks, or if ``head`` is no longer part of it.
    """
    previous = GENESIS
    hashes = {GENESIS}
    for number, event in enumerate(events, start=1):
        if event.reviewer != events[0].reviewer:
            raise RecordError(
                f"Event {number} is by {event.reviewer!r} in the log of {events[0].reviewer!r}"
            )
        if event.previous != previous:
            raise RecordError(
                f"The review log of {event.reviewer!r} was changed before event {number}",
                remedy="Restore the log from a copy; do not edit it by hand.",
            )
        previous = event.sha256
        hashes.add(previous)
    if head is not None and head not in hashes:
        raise RecordError(f"The review log lacks the event {head!r} that was anchored elsewhere")


def standing_decisions(
    events: Iterable[Review],
) -> dict[tuple[str, str | None], list[Review]]:
    """Return the decisions that stand, for each item: the last one of every reviewer.

    Two reviewers' decisions on one item are both kept; an ``undo`` takes back its reviewer's
    last one.
    """
    stacks: dict[tuple[tuple[str, str | None], str], list[Review]] = {}
    for event in events:
        stack = stacks.setdefault((event.item, event.reviewer), [])
        if event.decision is Decision.UNDO:
            if stack:
                stack.pop()
        else:
            stack.append(event)
    standing: dict[tuple[str, str | None], list[Review]] = {}
    for (item, _), stack in stacks.items():
        if stack:
            standing.setdefault(item, []).append(stack[-1])
    return standing
