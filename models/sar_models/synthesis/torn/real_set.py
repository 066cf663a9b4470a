"""The fixed list of tears of real pairs with landmarks."""

from __future__ import annotations

from dataclasses import dataclass

from sar_models.domain.errors import OptionError
from sar_models.synthesis.torn.options import Arrangement, TornOptions

FIRST_REAL_SEED = 600_000
"""Seeds of the list start here; look at and develop on those below 500 000."""

REAL_TEARS = 20
"""Fewest tears in the list: pairs are torn several times each if there are not so many."""

_PIECES = (2, 3, 4)
_ARRANGEMENTS: tuple[Arrangement, ...] = ("whole", "apart", "whole", "near")
_MIRRORED = (0.0, 0.5, 0.34, 0.5, 0.0)
_LOST = (0, 1, 0, 0, 1, 0, 0)
_CONTROLS = (1, 1, 0, 2, 1)


@dataclass(frozen=True)
class RealTear:
    """One way to tear one real pair: which pair it is, seed and options of `tear_real_pair`."""

    pair: int
    seed: int
    options: TornOptions


def real_torn_set(pairs: int, *, foreign: bool = False) -> tuple[RealTear, ...]:
    """Return how the pairs of a folder are torn: each pair as often, `REAL_TEARS` at least.

    Two to four pieces; sources whole, torn apart or nearly in place; some pieces lost or mirrored.

    Parameters
    ----------
    pairs : int
        How many pairs there are.
    foreign : bool
        Whether there is a picture of other tissue to take controls from.

    Raises
    ------
    OptionError
        If there is no pair.
    """
    if pairs < 1:
        raise OptionError(f"{pairs!r} pairs cannot be torn", remedy="Give at least one.")
    rounds = max(-(-REAL_TEARS // pairs), 2)
    return tuple(
        RealTear(pair, FIRST_REAL_SEED + 1000 * turn + pair, _options(turn * pairs + pair, foreign))
        for turn in range(rounds)
        for pair in range(pairs)
    )


def _options(i: int, foreign: bool) -> TornOptions:
    pieces = _PIECES[i % len(_PIECES)]
    return TornOptions(
        pieces=pieces,
        source_arrangement=_ARRANGEMENTS[i % len(_ARRANGEMENTS)],
        mirrored_share=_MIRRORED[i % len(_MIRRORED)],
        target_lost=min(_LOST[i % len(_LOST)], pieces - 2),
        source_lost=0,
        target_controls=_CONTROLS[i % len(_CONTROLS)] if foreign else 0,
        source_controls=0,
    )
