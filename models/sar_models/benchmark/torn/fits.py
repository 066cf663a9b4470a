"""Transforms fitted to true correspondences: what a perfect matcher could make of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import RBFInterpolator

from sar_models.domain.transforms import Affine, Displacement, Sequence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Transform

LEAST_FOR_SPLINE = 6
"""Through fewer points a spline is an affine that follows each of their errors."""

_NODES = 48
_ROOM_SHARE = 0.1


def fit_affine(
    source: Points, target: Points, weights: NDArray[np.float64] | None = None
) -> Affine:
    """Return the affine of least squares from points ``(N, 2)`` to points ``(N, 2)``, N >= 3."""
    root = np.sqrt(np.ones(len(source)) if weights is None else weights)[:, None]
    middle = source.mean(axis=0)
    basis = np.column_stack([source - middle, np.ones(len(source))])
    solution = np.linalg.lstsq(basis * root, target * root, rcond=None)[0]
    return Affine.from_linear(solution[:2].T, solution[2] - solution[:2].T @ middle)


def fit_spline(
    source: Points, target: Points, bounds: NDArray[np.float64], smoothing: float = 0.0
) -> Transform:
    """Return the thin-plate spline along points, as a field on a grid and an affine.

    Parameters
    ----------
    source, target : (N, 2) array
        At least six points that are not on one line.
    bounds : (4,) array
        Left, top, right and bottom of what will be mapped, source level-0 pixels.
    smoothing : float
        0: through the points. More of it, in the square of the points' extent: nearer to the
        affine.
    """
    affine = fit_affine(source, target)
    rest = affine.inverse().map(target) - source
    unit = float(np.ptp(source, axis=0).max())
    spline = RBFInterpolator(source / unit, rest, None, smoothing, "thin_plate_spline")
    low, high = bounds[:2], bounds[2:]
    room = _ROOM_SHARE * float((high - low).max())
    low, high = low - room, high + room
    spacing = (high - low) / (_NODES - 1)
    x, y = (low[axis] + spacing[axis] * np.arange(_NODES) for axis in (0, 1))
    nodes = np.stack(np.meshgrid(x, y), axis=-1)
    field = spline(nodes.reshape(-1, 2) / unit).reshape(_NODES, _NODES, 2)
    return Sequence((Displacement(low, spacing, field), affine))
