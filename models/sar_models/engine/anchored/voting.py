"""A region on the other slide, by retrieval: every group of anchors votes on every point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from scipy.spatial import cKDTree

from sar_models.engine.anchored.grouping import WINDOW_PX, group_anchors, window_middles

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.anchored.estimate import Estimator
    from sar_models.engine.anchored.pooled import PooledNet

_TOP = 5
_THRESHOLD = 0.7
_MARGIN_PX = 40.0
"""How far beyond its window a group is asked."""
_MOST_ANCHORS = 15
_ROWS = 1000


@dataclass(frozen=True, eq=False)
class Sheet:
    """Tissue of both slides as points, and a region on the source.

    Parameters
    ----------
    source : (N, 2) array
        Tissue points of the source, px of a thumbnail of about 400 px.
    region : (N,) bool array
        Which of them lie in the region.
    target : (M, 2) array
        Tissue points of the target.
    """

    source: Points
    region: NDArray[np.bool_]
    target: Points


class Vote(Protocol):
    """Tells, by one group of anchors, which target points lie in the region."""

    def __call__(
        self, sheet: Sheet, near: NDArray[np.bool_], asked: Points, source: Points, target: Points
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return for target points ``asked`` ``(Q, 2)`` whether they count, and lie in the region.

        ``near`` ``(N,)`` are the source points to look among; ``source`` and ``target`` ``(K, 2)``
        the anchors.
        """
        ...


@dataclass(frozen=True, eq=False)
class DescriptorVote:
    """The paper's: a point lies in the region if most of its five likest source points do.

    Parameters
    ----------
    network : PooledNet
    """

    network: PooledNet

    @torch.no_grad()
    def __call__(
        self, sheet: Sheet, near: NDArray[np.bool_], asked: Points, source: Points, target: Points
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which points are like enough, and which lie in the region."""
        here = self.network(_tensor(sheet.source[near]), _tensor(source))
        there = self.network(_tensor(asked), _tensor(target))
        count = min(_TOP, here.shape[1])
        tops = [(rows @ here[0].T).topk(count, dim=-1) for rows in torch.split(there[0], _ROWS)]
        alike = torch.cat([top.values[:, 0] for top in tops]).numpy()
        index = torch.cat([top.indices for top in tops]).numpy()
        share = sheet.region[near][index].mean(axis=1)
        return alike >= _THRESHOLD, share > 0.5


@dataclass(frozen=True, eq=False)
class PlaceVote:
    """A point lies in the region if its place on the source does.

    Parameters
    ----------
    estimator : Estimator
        Asked from the target to the source: anchors are paired either way.
    """

    estimator: Estimator

    @torch.no_grad()
    def __call__(
        self, sheet: Sheet, near: NDArray[np.bool_], asked: Points, source: Points, target: Points
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return that all points with a place on tissue count, and which lie in the region."""
        found = self.estimator(_tensor(asked), _tensor(target), _tensor(source))
        tree = cKDTree(sheet.source)
        away, index = tree.query(found.places[0].double().numpy())
        on_tissue = np.asarray(away <= WINDOW_PX / 4)
        return on_tissue, sheet.region[index]


def find_region(sheet: Sheet, source: Points, target: Points, vote: Vote) -> NDArray[np.bool_]:
    """Return which target points lie in the region, ``(M,)``.

    Parameters
    ----------
    sheet : Sheet
    source, target : (K, 2) array
        Anchors of the slides.
    vote : Vote
    """
    counted, inside = np.zeros(len(sheet.target)), np.zeros(len(sheet.target))
    for middle in window_middles(sheet.source[sheet.region]):
        near = np.abs(sheet.source - middle).max(axis=1) <= WINDOW_PX / 2 + _MARGIN_PX
        for group in group_anchors(middle, source, target):
            chosen = group[:_MOST_ANCHORS]
            reach = _reached(sheet.target, middle, source[chosen], target[chosen])
            if not reach.any():
                continue
            counts, lies = vote(sheet, near, sheet.target[reach], source[chosen], target[chosen])
            counted[reach] += counts
            inside[reach] += counts & lies
    return np.asarray(inside > 0.5 * np.maximum(counted, 1.0))


def find_region_twice(
    sheet: Sheet,
    source: Points,
    target: Points,
    vote: Vote,
    denser: Callable[[Points, Points], tuple[Points, Points]],
) -> NDArray[np.bool_]:
    """Return the same after a second round, with denser anchors inside what the first one found.

    Parameters
    ----------
    sheet : Sheet
    source, target : (K, 2) array
    vote : Vote
    denser : callable
        Given the source points of the region and the target points found for it, returns anchors
        ``(K, 2)`` of both slides from there.
    """
    first = find_region(sheet, source, target, vote)
    if not first.any():
        return first
    more = denser(sheet.source[sheet.region], sheet.target[first])
    again = find_region(sheet, *more, vote)
    return again if again.any() else first


def _reached(points: Points, middle: Points, source: Points, target: Points) -> NDArray[np.bool_]:
    """Tell which target points may lie in the window: about as far from the anchors as it is."""
    far = WINDOW_PX / 2 + _MARGIN_PX
    reach = np.sqrt(2.0) * far + float(np.linalg.norm(source - middle, axis=1).mean())
    return np.asarray(np.linalg.norm(points - target.mean(axis=0), axis=1) <= reach)


def _tensor(points: Points) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(points)).float()[None]
