"""Where the tissue is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from skimage.filters import apply_hysteresis_threshold, threshold_otsu

from sar_models.engine.glass import Glass, estimate_glass
from sar_models.engine.ink import find_ink
from sar_models.engine.stains import blur, haematoxylin, optical_density

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIN_DENSITY = 0.03
_MAX_DENSITY = 0.15
_NOISE_FACTOR = 6.0
_PALE_SHARE = 0.4
_CLOSE_SHARE = 0.01
_CRACK_SHARE = 0.002
_OPEN_PX = 3
_MIN_PART_OF_IMAGE = 0.0004
_MIN_PART_OF_LARGEST = 0.02
_MIN_TISSUE_SHARE = 0.001
_MIN_TISSUE_PX = 500
_MAX_HOLE_OF_LARGEST = 0.01


@dataclass(frozen=True, eq=False)
class Tissue:
    """The tissue of a working image.

    Parameters
    ----------
    mask : (H, W) bool
        Tissue with the small holes in it; empty when none was found.
    density : (H, W) float32
        Mean optical density, ink and padding set to zero.
    haematoxylin : (H, W) float32
        Share of haematoxylin in it.
    known : (H, W) bool
        Pixels that were scanned and are not inked over.
    cracked : (H, W) bool
        The same tissue with its cracks: only gaps of a few pixels are closed.
    colours : (H, W, 3) float32
        Optical density of red, green and blue.
    """

    mask: NDArray[np.bool_]
    density: NDArray[np.float32]
    haematoxylin: NDArray[np.float32]
    known: NDArray[np.bool_]
    cracked: NDArray[np.bool_]
    colours: NDArray[np.float32]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to register."""
        return not bool(self.mask.any())


def find_tissue(rgb: NDArray[np.uint8]) -> Tissue:
    """Find the tissue of a working image ``(H, W, 3)``: any glass, ink and dust aside."""
    glass = estimate_glass(rgb)
    channels = optical_density(rgb, glass)
    mean = np.asarray(channels.mean(axis=2), dtype=np.float32)
    unusable = glass.void if glass.is_dark else glass.void | find_ink(rgb, mean)
    channels[unusable] = 0.0
    mean[unusable] = 0.0
    raw = _raw_mask(mean, glass)
    mask = _clean(raw) & ~unusable
    if mask.sum() < max(_MIN_TISSUE_SHARE * mask.size, _MIN_TISSUE_PX):
        mask = np.zeros_like(mask)
    cracked = _as_flags(_closed(raw.astype(np.uint8), _CRACK_SHARE)) > 0
    return Tissue(mask, mean, haematoxylin(channels, mask), ~unusable, cracked & mask, channels)


def _raw_mask(density: NDArray[np.float32], glass: Glass) -> NDArray[np.bool_]:
    if not glass.seen.any():
        # All tissue, or one flat colour: then there is no density to speak of.
        inside = density[~glass.void]
        if inside.size == 0 or float(inside.std()) < 0.5 * _MIN_DENSITY:
            return np.zeros(density.shape, dtype=np.bool_)
        return ~glass.void
    smooth = blur(density, 1.0)
    on_glass = smooth[glass.seen]
    middle = float(np.median(on_glass))
    noise = 1.4826 * float(np.median(np.abs(on_glass - middle)))
    between = float(threshold_otsu(smooth)) if float(np.ptp(smooth)) > 0 else 0.0
    above_noise = middle + _NOISE_FACTOR * noise
    sure = max(float(np.clip(0.4 * between, _MIN_DENSITY, _MAX_DENSITY)), above_noise)
    # A strong marker must not hide the pale stroma and fat around it.
    pale = max(min(_PALE_SHARE * sure, sure), _MIN_DENSITY, above_noise)
    return np.asarray(apply_hysteresis_threshold(smooth, min(pale, sure), sure))


def _clean(raw: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Close airspaces and cracks, drop dust, fill small holes."""
    flags = raw.astype(np.uint8)
    opened = _as_flags(cv2.morphologyEx(flags, cv2.MORPH_OPEN, _disc(_OPEN_PX))) | _dense(flags)
    mask = _closed(opened, _CLOSE_SHARE)
    sizes = _component_sizes(mask)
    if sizes.max(initial=0) == 0:
        return mask.astype(np.bool_)
    largest = sizes.max()
    mask = _without_small(mask, max(_MIN_PART_OF_IMAGE * mask.size, _MIN_PART_OF_LARGEST * largest))
    holes = _without_small(1 - mask, _MAX_HOLE_OF_LARGEST * largest)
    return np.asarray(holes == 0)


def _closed(flags: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """Close gaps up to twice a share of the long side, also at the picture's border."""
    radius = max(round(share * max(flags.shape)), 1)
    padded = cv2.copyMakeBorder(flags, radius, radius, radius, radius, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, _disc(2 * radius + 1))
    return _as_flags(closed[radius:-radius, radius:-radius])


def _as_flags(image: Any) -> NDArray[np.uint8]:
    """Return what OpenCV gave back as 0 and 1."""
    return np.asarray(image, dtype=np.uint8)


def _dense(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep thin tissue (alveolar walls): pixels whose neighbourhood is tissue to a tenth."""
    radius = max(round(_CLOSE_SHARE * max(mask.shape)), 1)
    share = cv2.blur(mask.astype(np.float32), (2 * radius + 1, 2 * radius + 1))
    return mask & (share > 0.1).astype(np.uint8)


def _disc(diameter: int) -> NDArray[np.uint8]:
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
    return np.asarray(shape, dtype=np.uint8)


def _component_sizes(mask: NDArray[np.uint8]) -> NDArray[np.int32]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return np.asarray(stats[1:, cv2.CC_STAT_AREA])


def _without_small(mask: NDArray[np.uint8], min_area: float) -> NDArray[np.uint8]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_area
    keep[0] = False
    return _as_flags(keep[labels])
