"""Smooth maps given by a displacement at the nodes of a grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.interpolate import RectBivariateSpline

from sar_models.domain.errors import TransformError
from sar_models.domain.geometry import Points, as_points
from sar_models.domain.transforms.inverse import Inverted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms.base import TransformRecord

Interpolation = Literal["bilinear", "cubic"]
_DEGREE: dict[Interpolation, int] = {"bilinear": 1, "cubic": 3}


@dataclass(frozen=True, eq=False)
class Displacement:
    """The map ``p -> p + u(p)`` with ``u`` given on a regular grid; NaN outside the grid.

    Parameters
    ----------
    origin : (2,) array
        Position of node (0, 0), pixels.
    spacing : (2,) array
        Distance of neighbouring nodes along x and y, pixels.
    values : (ny, nx, 2) array
        Displacement ``(dx, dy)`` at each node, pixels.
    interpolation : {"cubic", "bilinear"}
        ``cubic`` interpolates by a C2 spline and needs at least 4 nodes per axis.
    """

    origin: NDArray[np.float64]
    spacing: NDArray[np.float64]
    values: NDArray[np.float64]
    interpolation: Interpolation = "cubic"
    _splines: tuple[RectBivariateSpline, RectBivariateSpline] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.interpolation not in _DEGREE:
            raise TransformError(
                f"Unknown interpolation {self.interpolation!r}",
                remedy=f"Use one of {sorted(_DEGREE)}.",
            )
        for name in ("origin", "spacing", "values"):
            value = np.array(getattr(self, name), dtype=np.float64)
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        self._check()
        rows, cols, _ = self.values.shape
        degree = _DEGREE[self.interpolation]
        object.__setattr__(
            self,
            "_splines",
            tuple(
                RectBivariateSpline(
                    np.arange(rows),
                    np.arange(cols),
                    self.values[..., axis],
                    kx=degree,
                    ky=degree,
                )
                for axis in (0, 1)
            ),
        )

    def _check(self) -> None:
        nodes = _DEGREE[self.interpolation] + 1
        shape = self.values.shape
        if len(shape) != 3 or shape[2] != 2 or min(shape[:2]) < nodes:
            raise TransformError(
                f"Displacements have shape {shape!r}, expected (ny, nx, 2) with at least "
                f"{nodes} nodes per axis for {self.interpolation!r}"
            )
        if self.origin.shape != (2,) or self.spacing.shape != (2,) or np.any(self.spacing <= 0):
            raise TransformError(
                f"Grid origin {self.origin!r} and spacing {self.spacing!r} have to be two "
                "numbers each, the spacing positive"
            )
        if not np.isfinite(self.values).all():
            raise TransformError("Displacements contain NaN or infinite values")

    @property
    def extent(self) -> NDArray[np.float64]:
        """Last node of the grid, ``(2,)``: the domain is ``origin .. extent``."""
        rows, cols, _ = self.values.shape
        last: NDArray[np.float64] = self.origin + self.spacing * (cols - 1, rows - 1)
        return last

    def map(self, points: Points) -> Points:
        """Return the images of ``points`` ``(N, 2)``; NaN outside the grid."""
        points = as_points(points)
        mapped = self.map_extended(points)
        mapped[~self._inside(points)] = np.nan
        return mapped

    def map_extended(self, points: Points) -> Points:
        """Return the images of ``points``, the border's displacement continued outside."""
        points = as_points(points)
        x, y = self._index(points)
        moved: Points = points + np.column_stack([spline.ev(y, x) for spline in self._splines])
        return moved

    def inverse(self) -> Inverted:
        """Return the inverse, solved where it is asked for (see :class:`Inverted`)."""
        return Inverted(self)

    def jacobian(self, points: Points) -> NDArray[np.float64]:
        """Return ``I + du/dp`` at ``points``, ``(N, 2, 2)``; NaN outside the grid."""
        points = as_points(points)
        # FITPACK gives no derivative of a degree-1 spline; differences are exact in its cells.
        step = self.spacing * 1e-4
        columns = [
            (self.map_extended(points + h) - self.map_extended(points - h)) / (2 * h[axis])
            for axis, h in enumerate(np.diag(step))
        ]
        jacobian = np.stack(columns, axis=-1)
        jacobian[~self._inside(points)] = np.nan
        return jacobian

    def _index(self, points: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rows, cols, _ = self.values.shape
        index = np.nan_to_num((points - self.origin) / self.spacing)
        return np.clip(index[:, 0], 0, cols - 1), np.clip(index[:, 1], 0, rows - 1)

    def _inside(self, points: Points) -> NDArray[np.bool_]:
        # A rounding error at the border must not cut off the last pixel.
        slack = 1e-9 * np.maximum(np.abs(self.extent), 1.0)
        inside = (points >= self.origin - slack) & (points <= self.extent + slack)
        return np.asarray(inside.all(axis=1))

    def to_record(self) -> TransformRecord:
        """Return the grid as arrays."""
        return {
            "type": "displacement",
            "origin": self.origin,
            "spacing": self.spacing,
            "values": self.values,
            "interpolation": self.interpolation,
        }

    @classmethod
    def from_record(cls, record: TransformRecord) -> Displacement:
        """Rebuild the map from :meth:`to_record`."""
        return cls(
            record["origin"],
            record["spacing"],
            record["values"],
            record["interpolation"],
        )
