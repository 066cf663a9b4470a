"""What reviewers stand for at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sar_models.domain.review import ReviewStatus, status_of, strictest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sar_models.domain.review import Decision, Item, Review


@dataclass(frozen=True, eq=False)
class ReviewState:
    """What reviewers stand for at one moment.

    Parameters
    ----------
    standing : mapping
        Decisions that stand, by item; those of all reviewers, also where they contradict.
    """

    standing: Mapping[Item, Sequence[Review]]

    def reviews(self, content_sha256: str, fragment: str | None = None) -> Sequence[Review]:
        """Return the decisions that stand on a whole alignment, or on one fragment of it."""
        return self.standing.get((content_sha256, fragment), ())

    def status(self, content_sha256: str, fragment: str | None = None) -> ReviewStatus:
        """Return where the review of an item stands."""
        return status_of(self.reviews(content_sha256, fragment))

    def decision(self, content_sha256: str) -> Decision | None:
        """Return what all reviewers together say of a whole alignment; the strictest wins."""
        return strictest(self.reviews(content_sha256))

    @cached_property
    def _fragments(self) -> Mapping[str, Mapping[str, Decision]]:
        found: dict[str, dict[str, Decision]] = {}
        for (content, fragment), reviews in self.standing.items():
            together = strictest(reviews)
            if fragment is not None and together is not None:
                found.setdefault(content, {})[fragment] = together
        return found

    def fragments(self, content_sha256: str) -> Mapping[str, Decision]:
        """Return what reviewers together say of single fragments of an alignment, by their id."""
        return self._fragments.get(content_sha256, {})
