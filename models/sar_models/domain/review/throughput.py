"""How much each reviewer did, and how fast."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sar_models.domain.review.event import Decision, Review

_BREAK_S = 30 * 60.0
"""A longer pause between two decisions was none of reviewing."""


@dataclass(frozen=True)
class Throughput:
    """What one reviewer did.

    Parameters
    ----------
    reviewer : str
    decided : mapping
        How often each decision was taken, also if it was taken back later.
    first, last : datetime
        When the first and the last event was recorded.
    median_s : float
        Median time from one decision to the next in seconds, breaks of more than half an hour
        left out; NaN where there were no two in a row.
    """

    reviewer: str
    decided: Mapping[Decision, int]
    first: datetime
    last: datetime
    median_s: float


def throughputs(events: Iterable[Review]) -> tuple[Throughput, ...]:
    """Return what every reviewer did, by name.

    Parameters
    ----------
    events : iterable of Review
        Those of each reviewer in their order.
    """
    by_reviewer: dict[str, list[Review]] = {}
    for event in events:
        by_reviewer.setdefault(event.reviewer, []).append(event)
    return tuple(_throughput(who, own) for who, own in sorted(by_reviewer.items()))


def _throughput(reviewer: str, events: list[Review]) -> Throughput:
    times = [datetime.fromisoformat(event.created) for event in events]
    gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
    working = [gap for gap in gaps if 0 <= gap <= _BREAK_S]
    return Throughput(
        reviewer,
        Counter(event.decision for event in events),
        min(times),
        max(times),
        median(working) if working else math.nan,
    )
