"""A pattern of places around a keypoint, which turns with the picture.

Rings of twelve directions, blurred the more the farther out, after DAISY (Tola, Lepetit, Fua 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from sar_models.engine.sampling import as_tensor, sample
from sar_models.engine.stains import blur

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.keypoints.features import Turn

DIRECTIONS = 12


@dataclass(frozen=True)
class Ring:
    """A ring of the pattern.

    Parameters
    ----------
    radius_px, blur_px : float
        Pixels of the layers.
    """

    radius_px: float
    blur_px: float


@dataclass(frozen=True, eq=False)
class Pattern:
    """Layers, blurred once for each ring, and where they are looked at.

    Parameters
    ----------
    blurred : tuple of (C, h, w) float32
        For the middle, then for each ring.
    rings : tuple of Ring
    """

    blurred: tuple[NDArray[np.float32], ...]
    rings: tuple[Ring, ...]

    @classmethod
    def over(cls, layers: NDArray[np.float32], rings: tuple[Ring, ...]) -> Pattern:
        """Prepare the pattern for layers ``(C, h, w)``."""
        widths = (1.0, *(ring.blur_px for ring in rings))
        return cls(
            tuple(np.stack([blur(layer, width) for layer in layers]) for width in widths), rings
        )

    def around(self, places: Points, turn: Turn) -> NDArray[np.float32]:
        """Return what lies around places as if the layers had been turned.

        Parameters
        ----------
        places : (N, 2) float64
            Pixels of the layers, corner origin.
        turn : Turn

        Returns
        -------
        (N, 1 + 12 R, C) float32
            The middle, then ring by ring.
        """
        angles = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
        unit = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        # What lies in a direction after the turn lay in this one before it.
        before = turn.affine.inverse().map(unit)
        parts = [_looked_up(self.blurred[0], places[:, None])]
        for layers, ring in zip(self.blurred[1:], self.rings, strict=True):
            parts.append(_looked_up(layers, places[:, None] + ring.radius_px * before[None]))
        return np.concatenate(parts, axis=1)


def permuted(around: NDArray[np.float32], turn: Turn) -> NDArray[np.float32]:
    """Return what lies around places under a turn by whole directions, out of that under none."""
    step = round(turn.angle_deg * DIRECTIONS / 360.0)
    after = np.arange(DIRECTIONS) - step
    before = (DIRECTIONS // 2 - after if turn.mirror else after) % DIRECTIONS
    rings = (around.shape[1] - 1) // DIRECTIONS
    own = 1 + np.arange(rings)[:, None] * DIRECTIONS + before[None]
    return around[:, np.concatenate([[0], own.ravel()])]


def is_whole(turn: Turn) -> bool:
    """Tell whether a turn goes by whole directions of the pattern."""
    steps = turn.angle_deg * DIRECTIONS / 360.0
    return steps == round(steps)


def _looked_up(layers: NDArray[np.float32], points: Points) -> NDArray[np.float32]:
    """Return layers ``(C, h, w)`` at points ``(N, K, 2)``, ``(N, K, C)``; zero outside."""
    at = torch.from_numpy(points.astype(np.float32))[None]
    found = sample(as_tensor(layers, torch.device("cpu")), at)[0]
    return np.ascontiguousarray(found.permute(1, 2, 0).numpy())
