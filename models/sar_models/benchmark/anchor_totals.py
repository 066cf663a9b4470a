"""What extractors found over all pairs, and one of them against another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.benchmark.anchors import AnchorScore


@dataclass(frozen=True)
class AnchorTotal:
    """One extractor over all pairs: medians, and how many poses could be used."""

    anchors: str
    pairs: int
    right_matches: float
    precision: float
    right_in_groups: float
    group_precision: float
    usable: int
    median_pose_error: float
    worst_pose_error: float
    cpu_seconds: float


@dataclass(frozen=True)
class AnchorDuel:
    """On how many pairs the first extractor does at least as well as the second.

    ``both`` counts pairs on which it has as many correct matches at as high a precision, once of
    all matches, once of those in groups.
    """

    first: str
    second: str
    pairs: int
    right_matches: int
    precision: int
    both: int
    both_in_groups: int


def totals(scores: Sequence[AnchorScore]) -> list[AnchorTotal]:
    """Return the totals of each extractor, in the order of the scores."""
    return [_total(name, [s for s in scores if s.anchors == name]) for name in _names(scores)]


def duels(scores: Sequence[AnchorScore]) -> list[AnchorDuel]:
    """Return the first extractor's comparison with each of the others."""
    names = _names(scores)
    return [_duel(scores, names[0], other) for other in names[1:]]


def _names(scores: Sequence[AnchorScore]) -> list[str]:
    return list(dict.fromkeys(score.anchors for score in scores))


def _total(name: str, own: Sequence[AnchorScore]) -> AnchorTotal:
    errors = [score.pose_error for score in own]
    return AnchorTotal(
        name,
        len(own),
        float(np.median([score.matches.right for score in own])),
        float(np.median([score.matches.precision for score in own])),
        float(np.median([score.in_groups.right for score in own])),
        float(np.median([score.in_groups.precision for score in own])),
        sum(score.usable for score in own),
        # "higher" and no interpolation: between a number and infinity there is nothing.
        float(np.quantile(errors, 0.5, method="higher")),
        max(errors),
        float(np.median([score.cpu_seconds for score in own])),
    )


def _duel(scores: Sequence[AnchorScore], first: str, second: str) -> AnchorDuel:
    mine = {score.name: score for score in scores if score.anchors == first}
    theirs = {score.name: score for score in scores if score.anchors == second}
    met = [(mine[name], theirs[name]) for name in mine if name in theirs]
    more = [a.matches.right >= b.matches.right for a, b in met]
    surer = [a.matches.precision >= b.matches.precision for a, b in met]
    grouped = [
        a.in_groups.right >= b.in_groups.right and a.in_groups.precision >= b.in_groups.precision
        for a, b in met
    ]
    both = [m and s for m, s in zip(more, surer, strict=True)]
    return AnchorDuel(first, second, len(met), sum(more), sum(surer), sum(both), sum(grouped))
