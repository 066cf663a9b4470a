"""What reviewers stand for now: the last decision of each, and what they say together."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sar_models.domain.review.event import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_models.domain.review.event import Item, Review

_STRICTEST_FIRST = (Decision.REJECT, Decision.NEEDS_FIX, Decision.ACCEPT)


class ReviewStatus(StrEnum):
    """Where the review of one item stands."""

    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NEEDS_FIX = "needs-fix"
    DISAGREEMENT = "disagreement"


_STATUS_OF = {
    Decision.ACCEPT: ReviewStatus.ACCEPTED,
    Decision.REJECT: ReviewStatus.REJECTED,
    Decision.NEEDS_FIX: ReviewStatus.NEEDS_FIX,
}


def standing_decisions(events: Iterable[Review]) -> dict[Item, list[Review]]:
    """Return the decisions that stand, for each item: the last one of every reviewer.

    Two reviewers' decisions on one item are both kept; an ``undo`` takes back its reviewer's
    last one.
    """
    stacks: dict[tuple[Item, str], list[Review]] = {}
    for event in events:
        stack = stacks.setdefault((event.item, event.reviewer), [])
        if event.decision is Decision.UNDO:
            if stack:
                stack.pop()
        else:
            stack.append(event)
    standing: dict[Item, list[Review]] = {}
    for (item, _), stack in stacks.items():
        if stack:
            standing.setdefault(item, []).append(stack[-1])
    return standing


def strictest(reviews: Iterable[Review]) -> Decision | None:
    """Return what standing decisions on one item mean together: the strictest wins."""
    given = {review.decision for review in reviews}
    return next((decision for decision in _STRICTEST_FIRST if decision in given), None)


def status_of(reviews: Iterable[Review]) -> ReviewStatus:
    """Return where the review of one item stands, from the decisions that stand on it."""
    given = {review.decision for review in reviews}
    if not given:
        return ReviewStatus.UNREVIEWED
    return ReviewStatus.DISAGREEMENT if len(given) > 1 else _STATUS_OF[given.pop()]
