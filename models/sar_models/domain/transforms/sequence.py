"""Transforms applied one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import TransformError
from sar_models.domain.geometry import Points, as_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms.base import Transform, TransformRecord


@dataclass(frozen=True, eq=False)
class Sequence:
    """Apply ``transforms`` in the order given.

    Parameters
    ----------
    transforms : tuple of Transform
        At least one.
    """

    transforms: tuple[Transform, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "transforms", tuple(self.transforms))
        if not self.transforms:
            raise TransformError("A sequence needs at least one transform")

    def map(self, points: Points) -> Points:
        """Return the images of ``points`` ``(N, 2)``; NaN once any step is undefined."""
        mapped = as_points(points)
        for transform in self.transforms:
            mapped = transform.map(mapped)
        return mapped

    def inverse(self) -> Sequence:
        """Return the inverse steps in the opposite order."""
        return Sequence(tuple(step.inverse() for step in reversed(self.transforms)))

    def jacobian(self, points: Points) -> NDArray[np.float64]:
        """Return the product of the steps' derivatives, ``(N, 2, 2)``."""
        mapped = as_points(points)
        jacobian = np.broadcast_to(np.eye(2), (len(mapped), 2, 2))
        for transform in self.transforms:
            jacobian = transform.jacobian(mapped) @ jacobian
            mapped = transform.map(mapped)
        return np.array(jacobian)

    def to_record(self) -> TransformRecord:
        """Return the records of the steps."""
        return {
            "type": "sequence",
            "transforms": [t.to_record() for t in self.transforms],
        }
