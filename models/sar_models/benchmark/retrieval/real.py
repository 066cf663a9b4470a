"""Retrieval on real torn pairs: anchors and points are human landmarks, matched wrongly in part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.retrieval.regimes import cell_of
from sar_models.domain.errors import InputError
from sar_models.engine.anchored.retriever import RETRIEVERS
from sar_models.engine.training.anchored.episodes import Episodes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sar_models.benchmark.landmarks import LandmarkPair
    from sar_models.benchmark.retrieval.regimes import Cell
    from sar_models.domain.geometry import Points

REAL_REGIMES = {"real": (0, 0.0), "real, torn": (1, 0.0), "real, torn, 25 % wrong": (1, 0.25)}
"""Tears and share of wrong anchors."""
_FRAME_PX = 400.0
"""Long side of the source at which anchors are matched, as in the made-up regimes."""
_COUNTS = (6, 10, 15)
_POINTS = 20
_TURN_DEG, _SHIFT_PX = 30.0, (10.0, 60.0)
_SEED = 3 * 10**9


def measure_real(
    pairs: Sequence[LandmarkPair],
    groups: int,
    seed: int,
    progress: Callable[[str, float], None],
    retrievers: Sequence[str] = RETRIEVERS,
) -> list[Cell]:
    """Run every retriever on landmarks of real pairs.

    Of every group some landmarks are the anchors and others the points to find. Both slides are
    scaled so that the source has 400 px; the tear moves what lies beyond a line by itself, as the
    made-up one does, but tissue bends as real tissue does.

    Parameters
    ----------
    pairs : sequence of LandmarkPair
        Each with at least 35 landmarks.
    groups : int
        For every pair and number of anchors.
    seed : int
    progress : callable
    retrievers : sequence of str

    Raises
    ------
    InputError
        If a pair has too few landmarks.
    """
    for pair in pairs:
        if len(pair.source_points) < max(_COUNTS) + _POINTS:
            raise InputError(
                f"Pair {pair.name!r} has {len(pair.source_points)} landmarks",
                remedy=f"Leave pairs with less than {max(_COUNTS) + _POINTS} out.",
            )
    cells: list[Cell] = []
    total = len(REAL_REGIMES) * len(_COUNTS)
    for index, (regime, (tears, wrong)) in enumerate(REAL_REGIMES.items()):
        for column, anchors in enumerate(_COUNTS):
            progress(regime, (index * len(_COUNTS) + column) / total)
            rng = np.random.default_rng((_SEED, seed, index, anchors))
            drawn = [
                _group(rng, pair, anchors, tears, wrong) for pair in pairs for _ in range(groups)
            ]
            episodes = _stacked(drawn, anchors)
            cells += [cell_of(name, regime, anchors, episodes) for name in retrievers]
    return cells


def _group(
    rng: np.random.Generator,
    pair: LandmarkPair,
    anchors: int,
    tears: int,
    wrong: float,
) -> tuple[Points, Points, NDArray[np.bool_]]:
    """Return landmarks, anchors first, on both slides, and which of the anchors are right."""
    source, target = pair.source_points, pair.target_points
    scale = _FRAME_PX / float(np.ptp(source, axis=0).max())
    chosen = rng.permutation(len(source))[: anchors + _POINTS]
    own, there = scale * source[chosen], scale * target[chosen]
    for _ in range(tears):
        way, apart = rng.uniform(-np.pi, np.pi, 2)
        angle = np.deg2rad(rng.uniform(-_TURN_DEG, _TURN_DEG))
        through = own.mean(axis=0) + rng.uniform(-0.1, 0.1, 2) * _FRAME_PX
        beyond = (own - through) @ [np.cos(way), np.sin(way)] > 0
        middle = there[beyond].mean(axis=0) if beyond.any() else 0.0
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shift = rng.uniform(*_SHIFT_PX) * np.array([np.cos(apart), np.sin(apart)])
        there = np.where(beyond[:, None], (there - middle) @ matrix.T + middle + shift, there)
    right = np.ones(anchors, dtype=np.bool_)
    right[: round(wrong * anchors)] = False
    low, high = there.min(axis=0), there.max(axis=0)
    there[:anchors][~right] = rng.uniform(low, high, (int((~right).sum()), 2))
    return own, there, right


def _stacked(drawn: Sequence[tuple[Points, Points, NDArray[np.bool_]]], anchors: int) -> Episodes:
    own, there, right = (np.stack(values) for values in zip(*drawn, strict=True))
    return Episodes.of(
        own[:, anchors:], there[:, anchors:], own[:, :anchors], there[:, :anchors], right
    )
