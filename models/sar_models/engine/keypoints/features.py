"""Keypoints of one picture, and how a picture is turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points


@dataclass(frozen=True)
class Turn:
    """How a picture is laid: mirrored at the y axis (if at all), then turned clockwise."""

    angle_deg: float = 0.0
    mirror: bool = False

    @classmethod
    def of(cls, pose: Affine) -> Turn:
        """Return turn and side of a pose."""
        return cls(pose.rotation_deg, pose.mirrored)

    @property
    def affine(self) -> Affine:
        """The map itself, about the origin."""
        return Affine.from_similarity(np.deg2rad(self.angle_deg), mirror=self.mirror)

    def apart_deg(self, other: Turn) -> float:
        """Return the angle between two turns, in degrees; 180 if they differ in side."""
        if self.mirror != other.mirror:
            return 180.0
        return abs((self.angle_deg - other.angle_deg + 180.0) % 360.0 - 180.0)


ALL_TURNS = tuple(
    Turn(float(angle), mirror) for mirror in (False, True) for angle in range(0, 360, 30)
)
"""Both sides in steps of 30 degrees, for descriptors that tolerate 15."""


@dataclass(frozen=True, eq=False)
class Features:
    """Places of a picture and what they look like.

    Parameters
    ----------
    places : (N, 2) float64
        Working pixels of the section, corner origin.
    descriptors : (N, D) float32
        Of unit length: products are cosines.
    spacing_px : float
        Distance of neighbouring places that were laid out evenly, working pixels: what matches
        lies between them. Zero for places that were located one by one.
    """

    places: Points
    descriptors: NDArray[np.float32]
    spacing_px: float = 0.0

    def __len__(self) -> int:
        return len(self.places)


def of_unit_length(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return descriptors ``(N, D)`` over their lengths; what shows nothing stays zero."""
    lengths = np.linalg.norm(descriptors, axis=1, keepdims=True)
    return np.asarray(descriptors / np.maximum(lengths, 1e-9), dtype=np.float32)
