"""What one reviewer's next event does to the decisions that stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.errors import OptionError
from sar_models.domain.review import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_models.domain.review import Item, Review


class Stacks:
    """The decisions of one reviewer by item, the standing one last."""

    def __init__(self, events: Iterable[Review]) -> None:
        self._stacks: dict[Item, list[Review]] = {}
        for event in events:
            stack = self._stacks.setdefault(event.item, [])
            if event.decision is not Decision.UNDO:
                stack.append(event)
            elif stack:
                stack.pop()

    def take(self, review: Review) -> Review:
        """Return the event that stands for ``review``: itself, or an equal one from before."""
        stack = self._stacks.setdefault(review.item, [])
        if review.decision is Decision.UNDO:
            if not stack:
                raise OptionError(
                    f"{review.reviewer!r} has no decision to take back on this "
                    f"{'pair' if review.fragment is None else f'fragment {review.fragment!r}'}",
                    remedy="Only your own decisions can be taken back.",
                )
            stack.pop()
        elif stack and _words(stack[-1]) == _words(review):
            return stack[-1]
        else:
            stack.append(review)
        return review


def _words(review: Review) -> tuple[str, str, str]:
    return review.decision.value, review.reason, review.comment
