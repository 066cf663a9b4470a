"""How one section came to lie on its slide: turned, mirrored, shrunk, and smoothly warped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.domain.transforms import Affine, Displacement
from sar_models.synthesis.noise import SmoothField, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ATTEMPTS = 12
_LEAST_AREA_FACTOR = 0.35


@dataclass(frozen=True)
class Pose:
    """A similarity with a little shear, in the order mirror, stretch, turn."""

    turn_deg: float
    mirror: bool
    scale: float = 1.0
    stretch: float = 1.0
    """Extra factor along x, its inverse along y."""

    def linear(self) -> NDArray[np.float64]:
        """Return the linear part, (2, 2)."""
        turn = Affine.from_similarity(np.deg2rad(self.turn_deg), self.scale).linear
        flip = np.diag([-1.0 if self.mirror else 1.0, 1.0])
        matrix: NDArray[np.float64] = turn @ np.diag([self.stretch, 1.0 / self.stretch]) @ flip
        return matrix


def random_warp(
    seed: int,
    extent: tuple[float, float, float, float],
    rms: float,
    length: float,
) -> Displacement:
    """Draw a smooth map without folds.

    Parameters
    ----------
    seed : int
        Seed of the warp.
    extent : (x0, y0, x1, y1)
        Where it is defined, in the unit of ``rms`` and ``length`` (um or pixels).
    rms : float
        Root mean square length of the displacement over ``extent``.
    length : float
        Distance over which the displacement changes.

    Raises
    ------
    OptionError
        If a warp of this ``rms`` and ``length`` folds, whatever the draw.
    """
    x0, y0, x1, y1 = extent
    step = length / 6.0
    nx = max(int(np.ceil((x1 - x0) / step)) + 1, 4)
    ny = max(int(np.ceil((y1 - y0) / step)) + 1, 4)
    nodes_x, nodes_y = np.meshgrid(x0 + step * np.arange(nx), y0 + step * np.arange(ny))
    nodes = np.stack([nodes_x.ravel(), nodes_y.ravel()], axis=1)
    for attempt in range(_ATTEMPTS):
        rng = stream(seed, "warp", attempt)
        wide = (x0 - length, y0 - length, x1 + length, y1 + length)
        parts = [SmoothField.draw(rng, wide, length).at(nodes) for _ in range(2)]
        moved = np.stack(parts, axis=1)
        # Shift, turn and scale are the pose's business.
        basis = np.column_stack([np.ones(len(nodes)), nodes - nodes.mean(axis=0)])
        moved -= basis @ np.linalg.lstsq(basis, moved, rcond=None)[0]
        moved *= rms / max(float(np.sqrt((moved**2).sum(axis=1).mean())), 1e-12)
        warp = Displacement(
            np.array([x0, y0]), np.array([step, step]), moved.reshape(ny, nx, 2), "cubic"
        )
        if least_area_factor(warp) > _LEAST_AREA_FACTOR:
            return warp
    raise OptionError(
        f"A warp of rms {rms!r} at length {length!r} folds the tissue",
        remedy="Take a smaller rms or a larger length; a twelfth of the length is safe.",
    )


def node_spacing(rms_px: float, length_px: float) -> int:
    """Return how far apart, in pixels, a warp may be sampled and interpolated linearly.

    A wave of amplitude a and wavelength L errs by a (2 pi h / L)^2 / 8 between nodes h apart; h is
    chosen for 0.02 pixels at the warp's root mean square, and lies between 2 and 16.
    """
    spacing = length_px / (2.0 * np.pi) * np.sqrt(0.16 / max(rms_px, 1e-6))
    return int(np.clip(spacing, 2, 16))


def least_area_factor(warp: Displacement) -> float:
    """Return the smallest change of area of a warp; below zero it folds."""
    ny, nx, _ = warp.values.shape
    x = warp.origin[0] + warp.spacing[0] * np.linspace(0.1, nx - 1.1, 2 * nx)
    y = warp.origin[1] + warp.spacing[1] * np.linspace(0.1, ny - 1.1, 2 * ny)
    grid_x, grid_y = np.meshgrid(x, y)
    places = np.stack([grid_x.ravel(), grid_y.ravel()], axis=1)
    return float(np.linalg.det(warp.jacobian(places)).min())
