"""The spline that Warpy and BigWarp evaluate, from its definition: r^2 ln r and an affine.

Plain double precision, the (n + 3) linear system as it stands, in the units of the file: what the
Java classes do, and not the library that chose the points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sar_models.domain.geometry import Points


def thin_plate(start: ArrayLike, end: ArrayLike, points: Points) -> Points:
    """Return ``points`` under the spline through ``start`` to ``end``, all ``(N, 2)``."""
    start, end = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    affine = np.column_stack([start, np.ones(len(start))])
    system = np.block([[_kernel(start, start), affine], [affine.T, np.zeros((3, 3))]])
    weights = np.linalg.solve(system, np.concatenate([end, np.zeros((3, 2))]))
    basis = np.column_stack([_kernel(points, start), points, np.ones(len(points))])
    return np.asarray(basis @ weights)


def _kernel(points: Points, centres: Points) -> np.ndarray:
    r = np.linalg.norm(points[:, None] - centres[None], axis=-1)
    return np.where(r > 0, r**2 * np.log(np.where(r > 0, r, 1.0)), 0.0)
