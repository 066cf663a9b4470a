"""How far two stains are from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import sqrtm

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RIDGE = 1e-8


def stain_distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the Fréchet distance of the colours of tissue under two stains, optical density.

    Colours of a picture are a cloud in the space of optical density: dyes are directions in it,
    their amounts lengths. The distance is that of the Gaussians of both clouds (Dowson and Landau,
    1982): zero when mean colour, contrast and the mix of dyes are equal, and blind to what lies
    where, which is the business of `structure_shift`.

    Parameters
    ----------
    one, other : (N, 3) float32
        Optical densities of pixels of tissue.
    """
    means = [np.asarray(p, dtype=np.float64).mean(axis=0) for p in (one, other)]
    first, second = (np.cov(p.T) + _RIDGE * np.eye(3) for p in (one, other))
    root = np.real(sqrtm(first))
    cross = np.real(sqrtm(root @ second @ root))
    squared = ((means[0] - means[1]) ** 2).sum() + np.trace(first + second - 2.0 * cross)
    return float(np.sqrt(max(squared, 0.0)))
