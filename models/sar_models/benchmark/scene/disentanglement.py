"""``benchmark disentanglement``: whether scene and appearance are kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.intervals import Interval, bootstrap
from sar_models.benchmark.scene.stain_distance import stain_distance
from sar_models.benchmark.scene.structure_shift import structure_shift
from sar_models.engine.training.swapping import NEIGHBOURS_PX, Swapped, swap_stains

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.training.sampling import Sampler

SHIFT_BAR_PX = 0.5
STAIN_BAR = 0.7
NEIGHBOUR_PX = 4
"""Pixels of the scene, eight of the picture: the distance of neighbours in the promise."""

_LEAST_TISSUE = 0.2
_LEAST_APART = 0.05
"""Stains closer than this, optical density, are one: there is nothing to bring anywhere."""


@dataclass(frozen=True)
class PlaceScore:
    """One place, stained twice, painted with the other stain.

    Parameters
    ----------
    shift_px : float
        How far painting with the other stain moved structures; pixels of the picture.
    unpainted_shift_px : float
        The same between the two stained pictures themselves, which show one place: how far the
        measure itself is off.
    stain_before, stain_after, stain_floor : float
        Distance of the stain from the other one as it was, as painted, and of the picture painted
        with its own stain from itself.
    apart : float
        Squared distance of the scenes of both stains at one place.
    beside : tuple of float
        The same of neighbouring places under one stain, for each of ``NEIGHBOURS_PX``.
    """

    shift_px: float
    unpainted_shift_px: float
    stain_before: float
    stain_after: float
    stain_floor: float
    apart: float
    beside: tuple[float, ...]


@dataclass(frozen=True)
class Disentanglement:
    """Figures of a network.

    Parameters
    ----------
    shift_px, unpainted_shift_px : Interval
        Medians over places.
    moved_share : Interval
        Share of places that moved by `SHIFT_BAR_PX` or more.
    stain_reduced : Interval
        Share of the distance between stains that painting takes away, over all places.
    ratio : Interval
        Distance of two stains at one place over that of places `NEIGHBOUR_PX` apart.
    closer_share : Interval
        Share of places where two stains are closer than such neighbours.
    places : tuple of PlaceScore
    """

    shift_px: Interval
    unpainted_shift_px: Interval
    moved_share: Interval
    stain_reduced: Interval
    ratio: Interval
    closer_share: Interval
    places: tuple[PlaceScore, ...]

    @property
    def holds(self) -> tuple[bool, bool, bool]:
        """Whether nothing moves, stains arrive, and places matter more than stains."""
        return (
            self.shift_px.high < SHIFT_BAR_PX,
            self.stain_reduced.low >= STAIN_BAR,
            self.ratio.high < 1.0,
        )


def measure(
    network: SarNet,
    sampler: Sampler,
    seed: int,
    batches: int,
    progress: Callable[[str, float], None],
) -> Disentanglement:
    """Measure a network on places that are stained twice.

    Parameters
    ----------
    network : SarNet
        In evaluation mode.
    sampler : Sampler
        Of tissue that it was not trained on.
    seed, batches : int
        Which places and stains, and how many batches of them.
    progress : callable
    """
    places: list[PlaceScore] = []
    for index in range(batches):
        progress("swapping stains", index / batches)
        swapped = swap_stains(network, sampler.twice(seed, index))
        places += [score for score in _scores(swapped) if score is not None]
    return summarised(places)


def summarised(places: list[PlaceScore]) -> Disentanglement:
    """Return the figures of places with their intervals."""
    beside = NEIGHBOURS_PX.index(NEIGHBOUR_PX)
    shift = np.array([place.shift_px for place in places])
    stains = np.array([(place.stain_before, place.stain_after) for place in places])
    scenes = np.array([(place.apart, place.beside[beside]) for place in places])
    return Disentanglement(
        shift_px=bootstrap(shift, lambda rows: float(np.median(rows))),
        unpainted_shift_px=bootstrap(
            [place.unpainted_shift_px for place in places], lambda rows: float(np.median(rows))
        ),
        moved_share=bootstrap(shift >= SHIFT_BAR_PX),
        stain_reduced=bootstrap(stains, lambda rows: 1.0 - _ratio_of_sums(rows[:, ::-1])),
        ratio=bootstrap(scenes, _ratio_of_sums),
        closer_share=bootstrap(scenes[:, 0] < scenes[:, 1]),
        places=tuple(places),
    )


def _ratio_of_sums(rows: NDArray[np.float64]) -> float:
    return float(rows[:, 0].sum() / max(rows[:, 1].sum(), 1e-12))


def _scores(swapped: Swapped) -> list[PlaceScore | None]:
    return [_score(swapped, index) for index in range(len(swapped.first))]


def _score(swapped: Swapped, index: int) -> PlaceScore | None:
    """Return the score of a place; nothing where there is little tissue, or one stain only."""
    tissue = swapped.tissue[index]
    if tissue.mean() < _LEAST_TISSUE:
        return None
    first, second, painted, repainted = (
        pictures[index]
        for pictures in (swapped.first, swapped.second, swapped.painted, swapped.repainted)
    )
    before = stain_distance(first[tissue], second[tissue])
    if before < _LEAST_APART:
        return None
    return PlaceScore(
        structure_shift(first, painted, tissue),
        structure_shift(first, second, tissue),
        before,
        stain_distance(painted[tissue], second[tissue]),
        stain_distance(repainted[tissue], first[tissue]),
        float(swapped.apart[index]),
        tuple(float(value) for value in swapped.beside[index]),
    )
