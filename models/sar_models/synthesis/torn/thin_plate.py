"""A smooth map between two real sections through a person's landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import RBFInterpolator

from sar_models.domain.errors import LandmarkError
from sar_models.domain.transforms import Affine, Displacement, Sequence
from sar_models.synthesis.deformation import least_area_factor

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points, Size

LEAST_LANDMARKS = 8
_NODES = 40
_BEYOND = 0.3
_FOLDS = 8
_WORST_FIT = 0.03
_SMOOTHINGS = 10.0 ** np.linspace(-5.0, 0.0, 11)


def fit_thin_plate(source: Points, target: Points, size: Size) -> Sequence:
    """Fit a smoothing thin-plate spline through landmarks, ``target_from_source``.

    How much it smooths is what predicts landmarks best that it has not seen: people place them
    within some pixels of the truth, and a map through all of them would wave.

    Parameters
    ----------
    source, target : (N, 2) arrays
        Landmarks, row by row, pixels.
    size : Size
        Of the source; the map is defined over it and 30 % beyond.

    Raises
    ------
    LandmarkError
        If there are too few landmarks, or the map through them folds the tissue.
    """
    if source.shape != target.shape or len(source) < LEAST_LANDMARKS:
        raise LandmarkError(
            f"{len(source)!r} landmarks on one slide and {len(target)!r} on the other",
            remedy=f"Give at least {LEAST_LANDMARKS} pairs of landmarks, row by row.",
        )
    ones = np.column_stack([source, np.ones(len(source))])
    matrix, _, rank, _ = np.linalg.lstsq(ones, target, rcond=None)
    if rank < 3:
        raise LandmarkError("The landmarks lie on a line", remedy="Spread them over the tissue.")
    affine = Affine(np.asarray(matrix.T, dtype=np.float64))
    # A displacement that follows the affine map is small, so that it inverts safely.
    laid, unit = affine.map(source), size.diagonal * affine.scale
    smoothing = _best_smoothing(laid / unit, (target - laid) / unit)
    spline = RBFInterpolator(laid / unit, (target - laid) / unit, smoothing=smoothing)
    missed = np.linalg.norm(unit * spline(laid / unit) - (target - laid), axis=1)
    if np.median(missed) > _WORST_FIT * unit:
        raise LandmarkError(
            f"A smooth map misses the landmarks by {np.median(missed):.0f} px in the median",
            remedy="Check that both lists are of this pair and in the same order.",
        )
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size.as_array()
    low, high = affine.map(corners).min(axis=0), affine.map(corners).max(axis=0)
    low, high = low - _BEYOND * (high - low), high + _BEYOND * (high - low)
    step = float((high - low).max()) / _NODES
    counts = np.ceil((high - low) / step).astype(int) + 1
    x, y = (low[axis] + step * np.arange(counts[axis]) for axis in (0, 1))
    nodes = np.stack(np.meshgrid(x, y), axis=-1)
    moved = unit * spline(nodes.reshape(-1, 2) / unit).reshape(nodes.shape)
    bent = Displacement(low, np.array([step, step]), moved, "cubic")
    if least_area_factor(bent) < 0.1:
        raise LandmarkError(
            "The map through the landmarks folds the tissue",
            remedy="Look for landmarks that were swapped between the slides.",
        )
    return Sequence((affine, bent))


def _best_smoothing(places: Points, moved: Points) -> float:
    """Choose the smoothing by leaving every eighth landmark out in turn."""
    part = np.arange(len(places)) % _FOLDS
    errors = np.zeros(len(_SMOOTHINGS))
    for number, smoothing in enumerate(_SMOOTHINGS):
        for fold in range(_FOLDS):
            kept = part != fold
            spline = RBFInterpolator(places[kept], moved[kept], smoothing=smoothing)
            errors[number] += float(np.abs(spline(places[~kept]) - moved[~kept]).sum())
    return float(_SMOOTHINGS[int(np.argmin(errors))])
