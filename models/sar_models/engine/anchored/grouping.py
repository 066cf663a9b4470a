"""Spatially consistent anchors: of those around a window, groups that one rigid map explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from sar_models.engine.anchored.consensus import find_consensus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points

WINDOW_PX, STEP_PX = 100.0, 50.0
"""Windows over a region of a thumbnail of about 400 px, as in the paper."""
_REACH_PX = 10.0
_FIRST_RADIUS_PX, _LAST_RADIUS_PX = 30.0, 200.0
_LEAST = 3
_MOST_APART = 0.25
"""How much the distance between two groups may change from one slide to the other."""
_MOST_ANCHORS = 25


def window_middles(points: Points) -> Points:
    """Return the middles of the windows that hold points of a region ``(N, 2)``, ``(W, 2)``."""
    low, high = points.min(axis=0), points.max(axis=0)
    count = np.maximum(np.ceil((high - low - WINDOW_PX) / STEP_PX), 0).astype(int) + 1
    first = 0.5 * (low + high) - 0.5 * STEP_PX * (count - 1)
    x, y = (first[axis] + STEP_PX * np.arange(count[axis]) for axis in (0, 1))
    middles = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    within = np.abs(points[None] - middles[:, None]).max(axis=-1) <= WINDOW_PX / 2
    return np.asarray(middles[within.any(axis=1)])


def group_anchors(middle: Points, source: Points, target: Points) -> list[NDArray[np.intp]]:
    """Return the groups of anchors around the middle of a window: indices, none to two groups.

    Anchors are taken from ever wider circles until three of them agree on a rigid map. Those that
    do not may be a second piece: they are asked once more.

    Parameters
    ----------
    middle : (2,) array
    source, target : (K, 2) array
        Anchors of the whole slide.
    """
    away = np.linalg.norm(source - middle, axis=1)
    radius = _FIRST_RADIUS_PX
    while radius <= _LAST_RADIUS_PX:
        near = np.flatnonzero(away <= radius)
        near = near[np.argsort(away[near], kind="stable")][:_MOST_ANCHORS]
        first = _agreeing(near, source, target)
        if len(first):
            second = _agreeing(np.setdiff1d(near, first), source, target)
            return [first, second] if _belongs(first, second, source, target) else [first]
        radius *= 2.0
    return []


def _agreeing(chosen: NDArray[np.intp], source: Points, target: Points) -> NDArray[np.intp]:
    if len(chosen) < _LEAST:
        return chosen[:0]
    here, there = (torch.from_numpy(points[chosen])[None].double() for points in (source, target))
    found = find_consensus(here, there, _REACH_PX)
    inlier = found.inlier[0].numpy()
    # Of three anchors any two agree.
    if inlier.sum() < _LEAST or float(found.score[0]) <= 2.0:
        return chosen[:0]
    return np.asarray(chosen[inlier])


def _belongs(
    first: NDArray[np.intp], second: NDArray[np.intp], source: Points, target: Points
) -> bool:
    if not len(second):
        return False
    here, there = (
        float(np.linalg.norm(points[first][:, None] - points[second][None], axis=-1).mean())
        for points in (source, target)
    )
    return abs(there - here) <= _MOST_APART * here
