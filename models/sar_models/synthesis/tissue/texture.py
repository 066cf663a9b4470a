"""Texture of connective tissue: noise combed along the fibres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.synthesis.noise import grain

if TYPE_CHECKING:
    from sar_models.synthesis.raster import Field, Raster
    from sar_models.synthesis.tissue.variation import Variation


def fibres(
    variation: Variation, raster: Raster, direction: Field, width_um: float, length_um: float
) -> Field:
    """Comb noise along ``direction``: wavy fibres of deviation 1 and mean 0 on ``raster``.

    Line integral convolution, each step doubling the length of the streaks: log2 instead of
    linear cost.

    Parameters
    ----------
    variation : Variation
        What both sections share of the noise.
    raster : Raster
        Where to draw.
    direction : (height, width, 2) array
        Unit vectors along the fibres; their sense does not matter.
    width_um, length_um : float
        Size of one fibre.
    """
    shared = grain(variation.shared("fibres", str(width_um)), raster, width_um)
    fresh = grain(variation.fresh("fibres", str(width_um)), raster, width_um)
    new = np.float32(np.clip(0.35 + 0.65 * variation.change, 0.0, 1.0))
    noise = np.sqrt(1 - new**2) * shared + new * fresh
    cos, sin = direction[..., 0], direction[..., 1]
    xs = np.arange(raster.width, dtype=np.float32)[None]
    ys = np.arange(raster.height, dtype=np.float32)[:, None]
    step = 0.7 * width_um / raster.step_um
    reach = length_um / raster.step_um
    while step < reach:
        moved = cv2.remap(
            noise, xs + step * cos, ys + step * sin, cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT
        )
        noise = 0.5 * (noise + moved)
        step *= 2.0
    noise -= noise.mean()
    combed: Field = noise / max(float(noise.std()), 1e-6)
    return combed
