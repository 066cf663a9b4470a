"""How far two reviewers agree beyond chance."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sar_models.domain.review.event import Decision, Item, Review


@dataclass(frozen=True)
class Agreement:
    """What two reviewers said of the items that both read.

    Parameters
    ----------
    first, second : str
        The reviewers, by name.
    items : int
        Items on which decisions of both stand.
    agreed : int
        Items on which these decisions are the same.
    kappa : float
        Cohen's kappa over accept, reject and needs-fix: 1 for full agreement, 0 for that of
        chance. NaN where chance alone explains everything, as when both only ever accept.
    """

    first: str
    second: str
    items: int
    agreed: int
    kappa: float


def agreements(standing: Mapping[Item, Sequence[Review]]) -> tuple[Agreement, ...]:
    """Return the agreement of every two reviewers who read some item both.

    Parameters
    ----------
    standing : mapping
        From :func:`~sar_models.domain.review.standing_decisions`.
    """
    pairs: dict[tuple[str, str], list[tuple[Decision, Decision]]] = {}
    for reviews in standing.values():
        ordered = sorted(reviews, key=lambda review: review.reviewer)
        for one, other in combinations(ordered, 2):
            read = pairs.setdefault((one.reviewer, other.reviewer), [])
            read.append((one.decision, other.decision))
    return tuple(
        Agreement(first, second, len(read), sum(a == b for a, b in read), cohen_kappa(read))
        for (first, second), read in sorted(pairs.items())
    )


def cohen_kappa(read: Sequence[tuple[Decision, Decision]]) -> float:
    """Return Cohen's kappa of paired decisions, NaN where it is not defined."""
    count = len(read)
    if not count:
        return math.nan
    observed = sum(a == b for a, b in read) / count
    first, second = Counter(a for a, _ in read), Counter(b for _, b in read)
    chance = sum(first[decision] * second[decision] for decision in first) / count**2
    return math.nan if math.isclose(chance, 1.0) else (observed - chance) / (1 - chance)
