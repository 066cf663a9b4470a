"""Which pairs are tried, how they are run, and what they add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.honesty.generated import (
    WRONG_KINDS,
    OnePixel,
    TruePair,
    TwoLevels,
    WrongPair,
)
from sar_models.benchmark.honesty.verdict import TrialResult, broken
from sar_models.benchmark.workers import run_all
from sar_models.domain.alignment import Outcome
from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sar_models.benchmark.honesty.trials import Trial

_SEEDS_PER_RUN = 100_000
_WRONG_FROM = 50_000
_TWICE_FROM = 80_000


@dataclass(frozen=True)
class Amounts:
    """How many generated pairs are tried."""

    true: int = 100
    """Pairs that belong together."""
    wrong: int = 100
    """Pairs that do not, in equal shares of every kind."""
    two_levels: int = 10
    """Pairs whose target holds the section twice."""
    one_pixel: int = 1
    """Sections that meet a slide of one pixel, both ways."""
    size_px: int = 1000
    """Long side of the source slide."""

    def __post_init__(self) -> None:
        limits = {"true": _WRONG_FROM, "wrong": _TWICE_FROM - _WRONG_FROM, "two_levels": 20_000}
        for name, most in limits.items():
            if not 0 <= getattr(self, name) <= most:
                raise OptionError(f"{name} is {getattr(self, name)!r}, expected 0 to {most}")


def generated_trials(seed: int, amounts: Amounts) -> list[Trial]:
    """Return the trials on generated pairs; no two runs of different ``seed`` share a pair."""
    first, size = seed * _SEEDS_PER_RUN, amounts.size_px
    trials: list[Trial] = [TruePair(first + i, size) for i in range(amounts.true)]
    trials += [
        WrongPair(WRONG_KINDS[i % len(WRONG_KINDS)], first + _WRONG_FROM + i, size)
        for i in range(amounts.wrong)
    ]
    trials += [OnePixel(first + i, size) for i in range(amounts.one_pixel)]
    trials += [TwoLevels(first + _TWICE_FROM + i, size) for i in range(amounts.two_levels)]
    return trials


def try_all(trials: Sequence[Trial], workers: int) -> Iterator[tuple[int, list[TrialResult]]]:
    """Run all trials and yield the results of each with its index, as they end.

    An error in the engine is a result too: the pair is ``broken``.
    """
    for index, results, error in run_all(trials, workers):
        trial = trials[index]
        if results is not None:
            yield index, list(results)
        elif error is not None:
            yield index, [broken(trial.group, trial.name, error)]


@dataclass(frozen=True)
class GroupSummary:
    """What all pairs of one kind came to.

    Errors are of the pairs that were called aligned, shares of the target's diagonal; ``None``
    where there are none or no truth.
    """

    group: str
    pairs: int
    outcomes: dict[str, int]
    verdicts: dict[str, int]
    median_error: float | None
    worst_error: float | None
    median_cpu_seconds: float
    most_cpu_seconds: float

    @property
    def right(self) -> int:
        """Pairs about which was said what had to be said."""
        return self.verdicts.get("right", 0)


def summarise(results: Sequence[TrialResult]) -> list[GroupSummary]:
    """Summarise results by kind of pair, in the order in which the kinds come."""
    groups = dict.fromkeys(result.group for result in results)
    return [_summary(group, [r for r in results if r.group == group]) for group in groups]


def _summary(group: str, results: Sequence[TrialResult]) -> GroupSummary:
    errors = [
        result.errors.median_share
        for result in results
        if result.errors is not None and result.outcome == Outcome.ALIGNED
    ]
    seconds = [result.cpu_seconds for result in results if result.verdict != "broken"] or [0.0]
    return GroupSummary(
        group=group,
        pairs=len(results),
        outcomes=_counted(result.outcome for result in results),
        verdicts=_counted(result.verdict for result in results),
        median_error=float(np.median(errors)) if errors else None,
        worst_error=max(errors) if errors else None,
        median_cpu_seconds=float(np.median(seconds)),
        most_cpu_seconds=max(seconds),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())
