"""The inverse of a transform that has no closed form, solved where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.geometry import Points, as_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms.base import Transform, TransformRecord

_MAX_STEPS = 50
_PLAIN_STEPS = 8


@dataclass(frozen=True, eq=False)
class Inverted:
    """The inverse of ``forward``, found point by point by fixed point and Newton steps.

    Sampling an inverse field onto a grid would add an error of its own; solving keeps the round
    trip within ``tolerance``. A point whose pre-image lies outside the domain of ``forward``, or
    where the iteration does not settle (a fold), is NaN.

    Parameters
    ----------
    forward : Transform
        The transform to invert; it has to be ``p + u(p)`` with a bounded ``u``.
    tolerance : float
        Largest accepted distance ``|forward(result) - point|``, in pixels.
    """

    forward: Transform
    tolerance: float = 1e-6

    def map(self, points: Points) -> Points:
        """Return the pre-images of ``points`` ``(N, 2)``; NaN where there is none."""
        wanted = as_points(points)
        guess = wanted.copy()
        open_: NDArray[np.bool_] = np.asarray(np.isfinite(wanted).all(axis=1))
        result = np.full_like(wanted, np.nan)
        for step in range(_MAX_STEPS):
            index = np.flatnonzero(open_)
            if index.size == 0:
                break
            error = self._extended(guess[index]) - wanted[index]
            done = np.hypot(error[:, 0], error[:, 1]) <= self.tolerance
            result[index[done]] = guess[index[done]]
            open_[index[done]] = False
            guess[index[~done]] -= self._step(guess[index[~done]], error[~done], step)
        return np.where(np.isfinite(self.forward.map(result)), result, np.nan)

    def _extended(self, points: Points) -> Points:
        """Map points; outside the domain as if the field went on beyond its border."""
        extended = getattr(self.forward, "map_extended", self.forward.map)
        mapped: Points = extended(points)
        return mapped

    def _step(self, guess: Points, error: Points, step: int) -> Points:
        """Fixed-point steps are cheap and safe; Newton closes in where strain slows them."""
        if step < _PLAIN_STEPS:
            return error
        jacobian = self.forward.jacobian(guess)
        jacobian[~np.isfinite(jacobian).all(axis=(1, 2))] = np.eye(2)
        singular = np.abs(np.linalg.det(jacobian)) < 1e-3
        jacobian[singular] = np.eye(2)
        return np.asarray(np.linalg.solve(jacobian, error[:, :, None])[:, :, 0], dtype=np.float64)

    def residual_px(self, points: Points) -> NDArray[np.float64]:
        """Return ``|forward(inverse(p)) - p|`` for each point, ``(N,)``; NaN where undefined."""
        points = as_points(points)
        error = self.forward.map(self.map(points)) - points
        residual: NDArray[np.float64] = np.hypot(error[:, 0], error[:, 1])
        return residual

    def inverse(self) -> Transform:
        """Return the transform that this one inverts."""
        return self.forward

    def jacobian(self, points: Points) -> NDArray[np.float64]:
        """Return the inverse of the forward derivatives at the pre-images, ``(N, 2, 2)``."""
        forward = self.forward.jacobian(self.map(points))
        result = np.full_like(forward, np.nan)
        usable: NDArray[np.bool_] = np.asarray(np.isfinite(forward).all(axis=(1, 2)))
        usable[usable] = np.abs(np.linalg.det(forward[usable])) > 1e-9
        result[usable] = np.linalg.inv(forward[usable])
        return result

    def to_record(self) -> TransformRecord:
        """Return the forward transform, marked as inverted."""
        return {
            "type": "inverted",
            "forward": self.forward.to_record(),
            "tolerance": self.tolerance,
        }
