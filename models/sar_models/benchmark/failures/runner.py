"""Which pairs failures are planted in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.benchmark.failures.subjects import GeneratedSubject, RealSubject
from sar_models.benchmark.failures.trial import FailureTrial
from sar_models.benchmark.landmarks import read_pairs
from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

_SEEDS_PER_RUN = 100_000
_FROM = 70_000
"""Apart from the seeds of true pairs in ``benchmark honesty``."""
_MOST = 10_000


def failure_trials(seed: int, pairs: int) -> list[FailureTrial]:
    """Return trials on generated pairs; no two runs of different ``seed`` share a pair.

    Raises
    ------
    OptionError
        If there are none, or too many.
    """
    if not 1 <= pairs <= _MOST:
        raise OptionError(f"{pairs!r} pairs", remedy=f"Give 1 to {_MOST}.")
    first = seed * _SEEDS_PER_RUN + _FROM
    return [FailureTrial(GeneratedSubject(first + i), first + i) for i in range(pairs)]


def real_failure_trials(data: Path, seed: int) -> list[FailureTrial]:
    """Return trials on the pairs with landmarks of a folder; see `read_pairs`."""
    return [
        FailureTrial(RealSubject(pair), seed * _SEEDS_PER_RUN + index)
        for index, pair in enumerate(read_pairs(data))
    ]
