"""Which keypoints of two pictures are each other's best match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.keypoints.features import Features

_NEIGHBOURS = 1.6
"""Reach of the weighted mean, in spacings: the eight nodes around a node of a square grid."""
_SOFTNESS = 0.03
"""Similarity below the best one at which a neighbour counts a third as much."""


@dataclass(frozen=True, eq=False)
class Matches:
    """Pairs of places that look alike.

    Parameters
    ----------
    source, target : (N, 2) float64
        Working pixels of either section.
    similarity : (N,) float32
        Cosine of the descriptors.
    margin : (N,) float32
        Similarity over that of the best place elsewhere on the target: how telling the place is.
    """

    source: Points
    target: Points
    similarity: NDArray[np.float32]
    margin: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.source)

    def kept(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> Matches:
        """Return the matches that ``keep`` says: a flag for each, or indices."""
        return Matches(
            self.source[keep], self.target[keep], self.similarity[keep], self.margin[keep]
        )


def mutual(source: Features, target: Features) -> Matches:
    """Return places that are each other's best match, as they are; their margin is zero."""
    if len(source) == 0 or len(target) == 0:
        nothing = np.zeros(0, dtype=np.float32)
        return Matches(np.zeros((0, 2)), np.zeros((0, 2)), nothing, nothing)
    similarity = source.descriptors @ target.descriptors.T
    first, second = _each_others(similarity)
    peak = similarity[first, second]
    return Matches(source.places[first], target.places[second], peak, np.zeros_like(peak))


def match(source: Features, target: Features, elsewhere_px: float, least_margin: float) -> Matches:
    """Return places that are each other's best match, with their margins.

    Parameters
    ----------
    source, target : Features
    elsewhere_px : float
        Target working pixels from which on a place counts as another one.
    least_margin : float
        Matches that tell places elsewhere apart by less are left out.
    """
    if len(source) == 0 or len(target) == 0:
        return mutual(source, target)
    similarity = source.descriptors @ target.descriptors.T
    first, second = _each_others(similarity)
    rows, places = similarity[first], target.places.astype(np.float32)
    distance = cdist(places[second], places)
    peak = rows[np.arange(len(rows)), second]
    other = np.where(distance > elsewhere_px, rows, -1.0).max(axis=1)
    matches = Matches(
        source.places[first],
        _settled(target, rows, second, distance),
        peak,
        np.asarray(peak - other, dtype=np.float32),
    )
    return matches.kept(matches.margin >= least_margin)


def _each_others(similarity: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns ``(N,)`` that are each other's best."""
    best = similarity.argmax(axis=1)
    rows = np.flatnonzero(similarity.argmax(axis=0)[best] == np.arange(len(best)))
    return rows, best[rows]


def _settled(
    target: Features,
    similarity: NDArray[np.float32],
    found: NDArray[np.intp],
    distance: NDArray[np.float64],
) -> Points:
    """Return the places found, ``(N, 2)``; on an even grid, means over the neighbourhood."""
    if target.spacing_px == 0:
        return target.places[found]
    row, column = np.nonzero(distance <= _NEIGHBOURS * target.spacing_px)
    peak = similarity[np.arange(len(found)), found]
    weight = np.exp((similarity[row, column] - peak[row]) / _SOFTNESS)
    total = np.bincount(row, weight, len(found))
    sums = [np.bincount(row, weight * target.places[column, axis], len(found)) for axis in (0, 1)]
    mean: Points = np.stack(sums, axis=-1) / total[:, None]
    return mean
