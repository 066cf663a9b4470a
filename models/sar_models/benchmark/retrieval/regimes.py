"""Every retriever on the same anchors, in every regime, with few anchors and with many."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.anchored.retriever import RETRIEVERS, estimates_of
from sar_models.engine.training.anchored.episodes import REGIMES, draw_episodes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sar_models.engine.training.anchored.episodes import Episodes

ANCHOR_COUNTS = (3, 4, 6, 8, 10, 15)
NEAR_PX = 20.0
"""A place is found if it is nearer than that: 5 % of the frame."""
EQUAL_PX = 0.01
"""Errors below are none."""
GEOMETRIC = ("mls-rigid", "consensus-mls", "consensus-rigid", "affine", "tps")
SLOW = {"paper": 8}
"""Retrievers that are measured on so many groups only, the first ones: each costs seconds."""
_POINTS = 20
_FRESH_FROM = 2 * 10**9
"""Apart from the seeds of trainings and of their validation."""


@dataclass(frozen=True, eq=False)
class Cell:
    """A retriever in one regime with so many anchors.

    Parameters
    ----------
    retriever, regime : str
    anchors : int
    error_px : (E, N) array
        Distance from the true place of each point of each episode; episodes are the same for all
        retrievers, though slow ones see only the first of them.
    sigma_px : (E, N) array
        What the retriever said.
    seconds : float
        Of this process, for all of them.
    """

    retriever: str
    regime: str
    anchors: int
    error_px: NDArray[np.float64]
    sigma_px: NDArray[np.float64]
    seconds: float


def measure_regimes(
    episodes: int,
    seed: int,
    progress: Callable[[str, float], None],
    retrievers: Sequence[str] = RETRIEVERS,
) -> list[Cell]:
    """Run every retriever on made-up groups of anchors.

    Parameters
    ----------
    episodes : int
        Groups for every regime and number of anchors.
    seed : int
    progress : callable
        Called with what is measured, and the fraction done.
    retrievers : sequence of str
    """
    cells: list[Cell] = []
    total = len(REGIMES) * len(ANCHOR_COUNTS)
    for index, (regime, world) in enumerate(REGIMES.items()):
        for column, anchors in enumerate(ANCHOR_COUNTS):
            progress(regime, (index * len(ANCHOR_COUNTS) + column) / total)
            rng = np.random.default_rng((_FRESH_FROM, seed, index, anchors))
            drawn = draw_episodes(rng, episodes, anchors, _POINTS, world)
            cells += [cell_of(name, regime, anchors, drawn) for name in retrievers]
    return cells


def cell_of(name: str, regime: str, anchors: int, episodes: Episodes) -> Cell:
    """Return how far a retriever is off in episodes of one regime; slow ones get fewer of them."""
    count = SLOW.get(name, len(episodes.points))
    episodes = episodes.first(count)
    started = time.process_time()
    places, sigma = estimates_of(name, episodes.points, episodes.source, episodes.target)
    seconds = time.process_time() - started
    error = np.linalg.norm(places - episodes.places.numpy(), axis=-1)
    return Cell(name, regime, anchors, error, sigma, seconds)
