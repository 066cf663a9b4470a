"""Landmarks that somebody set: the pose follows from them, and the map goes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import RBFInterpolator

from sar_models.domain.transforms import Affine
from sar_models.engine.poses import Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.maps import FieldMap

_MIN_SPREAD = 0.05
_PASSES = 4


def poses_from_landmarks(source: Points, target: Points, scale: float | None) -> list[Pose]:
    """Return the similarities that fit landmarks ``(N, 2)``, best first; none for one landmark.

    Two landmarks leave the side open: both are returned.

    Parameters
    ----------
    source, target : (N, 2) array
        Working pixels of each side.
    scale : float or None
        Target pixels per source pixel where known.
    """
    if len(source) < 2:
        return []
    fits = [_similarity(source, target, scale, mirror) for mirror in (False, True)]
    ranked = sorted(fits, key=lambda fit: _residual(fit, source, target))
    if len(source) >= 3 and not _is_collinear(source):
        ranked = ranked[:1]
    return [Pose(fit, 1.0, 1.0) for fit in ranked]


def through_landmarks(found: FieldMap, source: Points, target: Points) -> FieldMap:
    """Return the map, bent to send each source landmark to its target landmark.

    Parameters
    ----------
    found : FieldMap
    source, target : (N, 2) array
        Level-0 pixels of each slide.

    Notes
    -----
    What is missing at the landmarks is spread by a thin-plate spline (by distance alone where
    there are fewer than four, or all on a line). Nodes interpolate: a few passes settle the rest.
    """
    at = found.canonical_from_source.map(source)
    wanted = found.target_from_canonical.inverse().map(target)
    at, wanted = _merged(at, wanted)
    smooth = len(at) >= 4 and not _is_collinear(at)
    current = found
    for _ in range(_PASSES):
        missing = wanted - current.displacement.map_extended(at)
        spread = RBFInterpolator(
            at,
            missing,
            kernel="thin_plate_spline" if smooth else "linear",
            degree=1 if smooth else 0,
        )
        change = spread(current.nodes).reshape(current.displacement.values.shape)
        current = current.with_values(current.displacement.values + change)
    return current


def _similarity(source: Points, target: Points, scale: float | None, mirror: bool) -> Affine:
    """Fit a similarity by least squares (Umeyama 1991), of one side."""
    flip = np.diag([-1.0, 1.0]) if mirror else np.eye(2)
    a = (source - source.mean(axis=0)) @ flip.T
    b = target - target.mean(axis=0)
    cos, sin = float((a * b).sum()), float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    length = float((a**2).sum())
    factor = scale if scale is not None else float(np.hypot(cos, sin)) / max(length, 1e-12)
    turn = Affine.from_similarity(np.arctan2(sin, cos), max(factor, 1e-6), mirror=mirror)
    return Affine.translation(target.mean(axis=0) - turn.map(source).mean(axis=0)) @ turn


def _residual(fit: Affine, source: Points, target: Points) -> float:
    return float(np.median(np.linalg.norm(fit.map(source) - target, axis=1)))


def _is_collinear(points: Points) -> bool:
    spread: NDArray[np.float64] = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return len(spread) < 2 or spread[1] < _MIN_SPREAD * spread[0]


def _merged(at: Points, wanted: Points) -> tuple[Points, Points]:
    """Average landmarks that share a source position: a spline cannot go through both."""
    keys, index = np.unique(np.round(at, 1), axis=0, return_inverse=True)
    counts = np.bincount(index.ravel()).astype(np.float64)[:, None]
    sums = np.zeros((2, len(keys), 2))
    np.add.at(sums[0], index.ravel(), at)
    np.add.at(sums[1], index.ravel(), wanted)
    return sums[0] / counts, sums[1] / counts
