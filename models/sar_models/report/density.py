"""Optical density on one scale for any stain, and two of them in complementary colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.report.palette import SOURCE_RGB, TARGET_RGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.report.views import Image

_MEDIAN_SHADE = 0.45
"""Density that the median of all tissue gets, so that a pale stain weighs as much as a dark one."""
_GAMMA_RANGE = (0.4, 2.5)
_NOISE_PERCENTILE = 95
_MAX_NOISE = 0.12
"""Of the densest tissue: what glass may add up to before it shows, so that bare glass is white."""


def tissue_density(image: Image, tissue: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how dense the tissue is in [0, 1], whatever its stain, ``(H, W)``.

    Density is the distance from the background in optical density, so that bright tissue on a
    dark background counts as well; it is scaled to the range of the slide's own tissue.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    tissue : (H, W) bool array
        Where tissue is; may be empty.
    """
    optical = np.log10(256.0) - np.log10(image.astype(np.float32) + 1.0)
    background = _background(optical, tissue)
    distance = np.abs(optical - background).mean(axis=-1)
    glass = distance[~tissue] if not tissue.all() else np.zeros(1)
    inside = distance[tissue] if tissue.any() else distance.ravel()
    high = float(np.percentile(inside, 98))
    noise = float(np.percentile(glass, _NOISE_PERCENTILE))
    # Tissue that was not found counts as glass: it must not wash out the rest.
    low = max(float(np.median(glass)), min(noise, _MAX_NOISE * high))
    scaled = np.clip((distance - low) / max(high - low, 1e-3), 0.0, 1.0)
    middle = (float(np.median(inside)) - low) / max(high - low, 1e-3)
    gamma = np.log(_MEDIAN_SHADE) / np.log(np.clip(middle, 1e-3, 0.999))
    return np.asarray(scaled ** np.clip(gamma, *_GAMMA_RANGE), dtype=np.float32)


def _background(optical: NDArray[np.float32], tissue: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the optical density of bare glass, ``(3,)``."""
    if tissue.all():
        return np.asarray(optical.min(axis=(0, 1)))
    return np.asarray(np.median(optical[~tissue], axis=0))


def false_colour(
    source: NDArray[np.float32], target: NDArray[np.float32], drawn: NDArray[np.bool_]
) -> Image:
    """Return both densities in complementary colours, ``(H, W, 3)``.

    Source alone is orange, target alone blue, both together neutral grey: what is coloured does
    not coincide. The two are told apart with any kind of colour vision.

    Parameters
    ----------
    source, target : (H, W) arrays
        Densities in [0, 1] on the target's view.
    drawn : (H, W) bool array
        Where the source has a counterpart; elsewhere only the target shows.
    """
    shade = np.where(drawn, source, 0.0)[..., None] * (1.0 - SOURCE_RGB)
    shade = shade + target[..., None] * (1.0 - TARGET_RGB)
    return np.asarray(np.rint(255.0 * np.clip(1.0 - shade, 0.0, 1.0)), dtype=np.uint8)
