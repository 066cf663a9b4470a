"""Which torn pairs are tried, and how all of them are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.benchmark.landmarks import read_pairs
from sar_models.benchmark.slides import slide_files
from sar_models.benchmark.torn.results import BrokenPair
from sar_models.benchmark.torn.trials import GeneratedTorn, RealTorn
from sar_models.benchmark.workers import run_all
from sar_models.domain.errors import OptionError
from sar_models.synthesis import frozen_set, real_torn_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sar_models.benchmark.torn.results import TornResult
    from sar_models.benchmark.torn.trials import TornTrial

_SEEDS_PER_RUN = 100_000
_FRESH_FROM = 1_000_000
"""The frozen sets have seeds below; those from here on are for pairs that nobody has looked at."""


def generated_trials(
    pairs: int | None, seed: int | None, *, ceilings: bool, regions: int = 0
) -> list[TornTrial]:
    """Return the trials on generated pairs.

    Parameters
    ----------
    pairs : int or None
        How many; ``None`` for as many as the frozen set has.
    seed : int or None
        ``None``: the frozen set, on which versions are compared. Else pairs of the same options
        under other seeds.
    ceilings : bool
        Whether ceilings are measured too.
    regions : int
        How many are carried over for each pair.

    Raises
    ------
    OptionError
        If the frozen set has fewer pairs than asked for.
    """
    frozen = frozen_set()
    return [
        GeneratedTorn(
            frozen[index][0] if fresh is None else fresh, frozen[index][1], ceilings, regions
        )
        for index, fresh in _chosen(len(frozen), pairs, seed)
    ]


def real_trials(
    data: Path,
    slides: Path | None,
    pairs: int | None,
    seed: int | None,
    *,
    ceilings: bool,
    regions: int = 0,
) -> list[TornTrial]:
    """Return the trials on real pairs: sections with landmarks, each torn in several ways.

    Parameters
    ----------
    data : Path
        Folder with ``pairs.csv``.
    slides : Path or None
        Folder with slides of other tissue, pieces of which are laid on the targets.
    pairs : int or None
        How many; ``None`` for the whole fixed list of tears, at least 20.
    seed : int or None
        ``None``: the fixed list. Else the same kinds of tears under other seeds.
    ceilings : bool
        Whether ceilings are measured too.
    regions : int
        How many are carried over for each pair.

    Raises
    ------
    InputError
        If a folder lacks what it has to hold.
    OptionError
        If the fixed list is shorter than asked for.
    """
    sections = read_pairs(data)
    strangers = [None] if slides is None else slide_files(slides)
    tears = real_torn_set(len(sections), foreign=slides is not None)
    return [
        RealTorn(
            sections[tears[index].pair],
            tears[index].seed if fresh is None else fresh,
            tears[index].options,
            strangers[index % len(strangers)],
            ceilings,
            regions,
        )
        for index, fresh in _chosen(len(tears), pairs, seed)
    ]


def _chosen(known: int, pairs: int | None, seed: int | None) -> list[tuple[int, int | None]]:
    """Return which entries of a fixed list are tried, and the seed of each that is not its own."""
    count = known if pairs is None else pairs
    if seed is not None:
        first = _FRESH_FROM + seed * _SEEDS_PER_RUN
        return [(index % known, first + index) for index in range(count)]
    if count > known:
        raise OptionError(
            f"{count!r} pairs, and the fixed set has {known}",
            remedy="Give a --seed for other pairs of the same kinds.",
        )
    return [(index, None) for index in range(count)]


def try_all(
    trials: Sequence[TornTrial], workers: int
) -> Iterator[tuple[int, TornResult | BrokenPair]]:
    """Run all trials and yield each result with its index, as they end.

    An error in one pair is a result too: the others go on.
    """
    for index, result, error in run_all(trials, workers):
        if result is not None:
            yield index, result
        elif error is not None:
            yield index, BrokenPair(trials[index].name, f"{type(error).__name__}: {error}")
