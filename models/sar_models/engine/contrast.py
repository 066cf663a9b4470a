"""Shift contrast: how much worse a pair fits when one side is moved a little.

Raw similarity cannot be compared between stains; its fall under a shift can. Right alignments
stand out, wrong ones fit as badly as their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from sar_models.engine.sampling import as_tensor, box_mean, shrunk
from sar_models.engine.similarity import LocalCorrelation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIZE_PX = 224
_SHIFTS = (0.034, 0.067)
_TILE_RADIUS = 0.05


@dataclass(frozen=True, eq=False)
class ShiftContrast:
    """Similarity in place, and its excess over that of shifted copies.

    Parameters
    ----------
    similarity : float
        Mean local correlation in place.
    contrast : float
        The same minus the mean of all shifted copies.
    lead : float
        The same minus the best of the shifted copies.
    local : (h, w) float32
        Contrast in tiles of a tenth of the long side.
    weight : (h, w) float32
        Tissue of both sides under each pixel of ``local``.
    """

    similarity: float
    contrast: float
    lead: float
    local: NDArray[np.float32]
    weight: NDArray[np.float32]


def shift_contrast(
    source: NDArray[np.float32],
    target: NDArray[np.float32],
    weight: NDArray[np.float32],
    device: torch.device,
    size_px: int = SIZE_PX,
) -> ShiftContrast:
    """Measure the contrast of two registered images.

    Parameters
    ----------
    source, target : (H, W) or (C, H, W) float32
        On one grid.
    weight : (H, W) float32
        Tissue of both.
    device : torch.device
    size_px : int
        Long side that the images are averaged down to.
    """
    factor = min(size_px / max(weight.shape), 1.0)
    fixed, moving, mask = (
        shrunk(as_tensor(image, device), factor) for image in (source, target, weight)
    )
    correlation = LocalCorrelation.with_fixed(fixed)
    total = mask.sum().clamp_min(1.0)
    in_place = correlation.map(moving)
    shifted = torch.zeros_like(in_place)
    best, count = -1.0, 0
    for shift in _SHIFTS:
        step = max(round(shift * max(fixed.shape[-2:])), 1)
        for dy, dx in ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)):
            moved = correlation.map(torch.roll(moving, (dy * step, dx * step), dims=(-2, -1)))
            best = max(best, float((moved * mask).sum() / total))
            shifted += moved
            count += 1
    excess = in_place - shifted / count
    similarity = float((in_place * mask).sum() / total)
    radius = max(round(_TILE_RADIUS * max(fixed.shape[-2:])), 1)
    around = box_mean(mask, radius)
    local = box_mean(excess * mask, radius) / around.clamp_min(1e-3)
    return ShiftContrast(
        similarity,
        float((excess * mask).sum() / total),
        similarity - best,
        local[0, 0].cpu().numpy(),
        mask[0, 0].cpu().numpy(),
    )
