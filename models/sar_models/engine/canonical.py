"""The canonical frame: the source turned onto the target, so that all angles look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.transforms import Affine
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.section import Channel, Section

_MARGIN = 0.04


@dataclass(frozen=True, eq=False)
class Canonical:
    """Source and target on one pixel grid, the source already posed.

    Parameters
    ----------
    source, target : (C, H, W) float32
        What sections are compared by, over its brightest value on tissue.
    source_mask, target_mask : (H, W) float32
    target_known : (H, W) float32
        Where the target shows what lies there.
    target_from_canonical : Affine
        Canonical pixels to target working pixels: a shift.
    canonical_from_source : Affine
        Source working pixels to canonical pixels: the pose.
    """

    source: NDArray[np.float32]
    target: NDArray[np.float32]
    source_mask: NDArray[np.float32]
    target_mask: NDArray[np.float32]
    target_known: NDArray[np.float32]
    target_from_canonical: Affine
    canonical_from_source: Affine

    @property
    def target_from_source(self) -> Affine:
        """The pose, working pixels to working pixels."""
        return self.target_from_canonical @ self.canonical_from_source

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the grid."""
        height, width = self.source_mask.shape
        return height, width

    @property
    def long_side_px(self) -> int:
        """Long side of the grid."""
        return max(self.shape)


def canonical_pair(
    source: Section,
    target: Section,
    target_from_source: Affine,
    channel: Channel = "haematoxylin",
) -> Canonical:
    """Lay the source on the target by a pose; the grid covers all of the source's tissue.

    Parameters
    ----------
    source, target : Section
    target_from_source : Affine
        Working pixels to working pixels.
    channel : Channel
        What the sections are compared by.
    """
    left, top, right, bottom = source.bounds
    corners = shapely.box(left, top, right, bottom).exterior.coords[:4]
    placed = target_from_source.map(np.asarray(corners))
    margin = _MARGIN * float(np.ptp(placed, axis=0).max())
    first = np.floor(placed.min(axis=0) - margin)
    width, height = (np.ceil(placed.max(axis=0) + margin) - first).astype(int)
    canonical_from_target = Affine.translation(-first)
    canonical_from_source = canonical_from_target @ target_from_source
    size = (max(int(width), 16), max(int(height), 16))

    def lay(image: NDArray[np.float32], canonical_from_image: Affine) -> NDArray[np.float32]:
        return warp(image, canonical_from_image, size)

    return Canonical(
        np.stack([lay(image, canonical_from_source) for image in source.channel(channel)]),
        np.stack([lay(image, canonical_from_target) for image in target.channel(channel)]),
        lay(source.mask, canonical_from_source),
        lay(target.mask, canonical_from_target),
        lay(target.known, canonical_from_target),
        Affine.translation(first),
        canonical_from_source,
    )
