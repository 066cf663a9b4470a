"""Structure channels: what stays the same when the stain changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.engine.stains import blur

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.section import Channel, Section

_BANDS = ((1.0, 6.0), (2.0, 10.0))
_EDGE_BAND = (1.5, 8.0)
_SCENE_BAND = (1.0, 8.0)
_FLOOR = 0.3


def structure_channels(section: Section, channel: Channel | None = None) -> NDArray[np.float32]:
    """Return structure channels, ``(C, H, W)``, zero off tissue.

    Parameters
    ----------
    section : Section
        At about 256 pixels on the long side; the widths of the filters belong to that scale.
    channel : Channel or None
        What to compare by; density and haematoxylin with ``None``, density beside the scene. Edges
        always count.

    Notes
    -----
    Differences of Gaussians of density and haematoxylin in two bands and of the gradient of
    density in one, each divided by its local root mean square. The filters are isotropic: turning
    the channels is as good as turning the slide.
    """
    density, mask = section.density, section.mask
    images = [density, section.haematoxylin]
    if channel is not None:
        images = [section.haematoxylin if channel.startswith("haematoxylin") else density]
    edges = np.hypot(
        cv2.Sobel(density, cv2.CV_32F, 1, 0), cv2.Sobel(density, cv2.CV_32F, 0, 1)
    ).astype(np.float32)
    channels = [_band(image, mask, *band) for image in images for band in _BANDS]
    channels.append(_band(edges, mask, *_EDGE_BAND))
    if channel == "scene":
        channels += [_band(layer, mask, *_SCENE_BAND) for layer in section.channel("scene")]
    return np.stack([_unit_energy(channel, mask) for channel in channels])


def _band(
    image: NDArray[np.float32], mask: NDArray[np.float32], fine: float, wide: float
) -> NDArray[np.float32]:
    """Return a masked difference of Gaussians over its local root mean square."""

    def masked_blur(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
        return blur(values * mask, sigma) / (blur(mask, sigma) + np.float32(1e-3))

    band = (masked_blur(image, fine) - masked_blur(image, wide)) * mask
    local = np.sqrt(masked_blur(band * band, wide))
    inside = mask > 0.5
    typical = float(local[inside].mean()) if inside.any() else 1.0
    result = band / (local + _FLOOR * typical + 1e-9) * mask
    return np.asarray(result, dtype=np.float32)


def _unit_energy(channel: NDArray[np.float32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
    energy = float((channel**2).sum()) / max(float(mask.sum()), 1.0)
    return np.asarray(channel / np.sqrt(max(energy, 1e-12)), dtype=np.float32)
