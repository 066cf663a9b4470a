"""The affine that comes nearest to a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from sar_models.exports.smooth import SmoothMap


def nearest_affine(smooth: SmoothMap) -> Affine:
    """Return the affine ``end_from_start`` with the least squared error over tissue."""
    start, end = smooth.tissue, smooth.tissue_mapped
    # About the middle: with offsets of 100 000 px the equations would lose half of their digits.
    middle, image = start.mean(axis=0), end.mean(axis=0)
    solved, *_ = np.linalg.lstsq(start - middle, end - image, rcond=None)
    return Affine.from_linear(solved.T, image - solved.T @ middle)
