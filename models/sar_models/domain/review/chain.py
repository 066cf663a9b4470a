"""The chain of one reviewer's events: a past that was changed, reordered or cut shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.errors import RecordError
from sar_models.domain.review.event import GENESIS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.domain.review.event import Review


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
