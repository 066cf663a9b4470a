"""Affine maps of the plane."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import TransformError
from sar_models.domain.geometry import Points, as_points

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sar_models.domain.transforms.base import TransformRecord


@dataclass(frozen=True, eq=False)
class Affine:
    """An affine map ``p -> A p + t``.

    Parameters
    ----------
    matrix : (2, 3) array
        ``[A | t]``, invertible.
    """

    matrix: NDArray[np.float64]

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, dtype=np.float64)
        if matrix.shape != (2, 3) or not np.isfinite(matrix).all():
            raise TransformError(f"An affine needs a finite (2, 3) matrix, got {matrix!r}")
        linear = matrix[:, :2]
        scale = float(np.abs(linear).max())
        if abs(float(np.linalg.det(linear))) <= 1e-12 * scale**2:
            raise TransformError(f"The affine {matrix.tolist()!r} cannot be inverted")
        matrix.setflags(write=False)
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def identity(cls) -> Affine:
        """Return the map that moves nothing."""
        return cls(np.eye(2, 3))

    @classmethod
    def scaling(cls, sx: float, sy: float) -> Affine:
        """Return the map ``(x, y) -> (sx x, sy y)``."""
        return cls(np.array([[sx, 0, 0], [0, sy, 0]], dtype=np.float64))

    @classmethod
    def translation(cls, offset: ArrayLike) -> Affine:
        """Return the map ``p -> p + offset``."""
        return cls(np.column_stack([np.eye(2), np.asarray(offset, dtype=np.float64)]))

    @classmethod
    def from_linear(cls, linear: ArrayLike, offset: ArrayLike) -> Affine:
        """Return the map ``p -> linear p + offset``."""
        return cls(np.column_stack([np.asarray(linear), np.asarray(offset)]))

    @classmethod
    def from_similarity(
        cls,
        angle_rad: float,
        scale: float = 1.0,
        translation: ArrayLike = (0.0, 0.0),
        *,
        mirror: bool = False,
    ) -> Affine:
        """Return a similarity: mirror at the y axis (if asked), turn, scale, shift.

        ``angle_rad`` turns +x towards +y, which is clockwise on screen as y points down.
        """
        cos, sin = scale * math.cos(angle_rad), scale * math.sin(angle_rad)
        linear = np.array([[cos, -sin], [sin, cos]])
        if mirror:
            linear = linear @ np.diag([-1.0, 1.0])
        return cls.from_linear(linear, translation)

    @property
    def linear(self) -> NDArray[np.float64]:
        """The linear part, ``(2, 2)``."""
        return self.matrix[:, :2]

    @property
    def offset(self) -> NDArray[np.float64]:
        """The translation, ``(2,)``."""
        return self.matrix[:, 2]

    @property
    def determinant(self) -> float:
        """Signed change of area; negative when the map mirrors."""
        return float(np.linalg.det(self.linear))

    @property
    def mirrored(self) -> bool:
        """Whether the map turns the plane over."""
        return self.determinant < 0

    @property
    def scale(self) -> float:
        """Mean change of length."""
        return math.sqrt(abs(self.determinant))

    @property
    def rotation_deg(self) -> float:
        """Angle in degrees (-180, 180] that remains once a mirror at the y axis is taken out."""
        linear = self.linear @ np.diag([-1.0, 1.0]) if self.mirrored else self.linear
        return math.degrees(math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]))

    def __matmul__(self, first: Affine) -> Affine:
        """Return the map that applies ``first``, then this one."""
        return Affine.from_linear(
            self.linear @ first.linear, self.linear @ first.offset + self.offset
        )

    def map(self, points: Points) -> Points:
        """Return the images of ``points`` ``(N, 2)``."""
        return as_points(points) @ self.linear.T + self.offset

    def inverse(self) -> Affine:
        """Return the exact inverse."""
        linear = np.linalg.inv(self.linear)
        return Affine.from_linear(linear, -linear @ self.offset)

    def jacobian(self, points: Points) -> NDArray[np.float64]:
        """Return the linear part once for each point, ``(N, 2, 2)``."""
        return np.broadcast_to(self.linear, (len(as_points(points)), 2, 2)).copy()

    def to_record(self) -> TransformRecord:
        """Return the matrix as nested lists."""
        return {"type": "affine", "matrix": self.matrix.tolist()}

    @classmethod
    def from_record(cls, record: TransformRecord) -> Affine:
        """Rebuild the map from :meth:`to_record`."""
        return cls(np.asarray(record["matrix"], dtype=np.float64))
