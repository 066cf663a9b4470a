"""Paste real tissue onto glass of its slide's colour, each piece resampled once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely

from sar_models.synthesis.imaging import Image, through_jpeg
from sar_models.synthesis.noise import stream
from sar_models.synthesis.raster import SHIFT, Field, Raster
from sar_models.synthesis.torn.shapes import polygons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely import Polygon

    from sar_models.domain.geometry import Size
    from sar_models.domain.transforms import Affine
    from sar_models.synthesis.torn.matte import Matte

_FINER = 4
_EDGE_SIGMA = 0.6
"""Softness of a torn edge in pixels, about that of the pictures themselves."""


@dataclass(frozen=True, eq=False)
class Pasted:
    """A region of a real picture, in its pixels, and the map to the pixels of the slide."""

    matte: Matte
    region: Polygon
    affine: Affine


def paste(seed: int, glass: Matte, tissue: Sequence[Pasted], size: Size, jpeg: bool) -> Image:
    """Return the picture of a slide, (H, W, 3): light passes through all that lies on it.

    Parameters
    ----------
    seed : int
        Seed of the slide: noise and quality of the JPEG follow from it.
    glass : Matte
        Whose glass the slide is of: colour and noise.
    tissue : sequence of Pasted
        What lies on it.
    size : Size
        Pixels of the slide.
    jpeg : bool
        Whether the picture goes through JPEG.
    """
    light = np.ones((size.height, size.width, 3), dtype=np.float32)
    for each in tissue:
        _lay_over(light, each)
    rng = stream(seed, "glass")
    noise = rng.standard_normal(light.shape[:2], dtype=np.float32)
    # The pictures have been through a JPEG: their noise is not of single pixels.
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.7))
    noise *= np.float32(glass.noise) / max(float(noise.std()), 1e-6)
    # Tissue brings the noise of its own picture.
    bare = np.clip((light.mean(axis=2) - 0.9) / 0.07, 0.0, 1.0)
    lit = light * glass.glass.astype(np.float32) + (noise * bare)[..., None]
    picture = np.clip(lit + 0.5, 0, 255).astype(np.uint8)
    return through_jpeg(picture, int(rng.integers(80, 93))) if jpeg else picture


def _lay_over(light: Field, pasted: Pasted) -> None:
    lying = shapely.transform(pasted.region, pasted.affine.map)
    x0, y0, x1, y1 = lying.bounds
    limit = light.shape[1], light.shape[0]
    low = np.maximum(np.floor([x0, y0]).astype(int) - 3, 0)
    high = np.minimum(np.ceil([x1, y1]).astype(int) + 3, limit)
    width, height = (high - low).tolist()
    alpha = np.zeros((height * _FINER, width * _FINER), dtype=np.uint8)
    raster = Raster(float(low[0]), float(low[1]), 1.0 / _FINER, width * _FINER, height * _FINER)
    rings = [raster.fixed_point(np.asarray(part.exterior.coords)) for part in polygons(lying)]
    cv2.fillPoly(alpha, rings, 255, cv2.LINE_8, SHIFT)
    small = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    share = np.asarray(cv2.GaussianBlur(small / np.float32(255), (0, 0), _EDGE_SIGMA))[..., None]
    passed = cv2.warpAffine(
        pasted.matte.passed,
        _centred(pasted.affine, low),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    part = (slice(low[1], high[1]), slice(low[0], high[0]))
    light[part] *= 1.0 - share * (1.0 - np.clip(passed, 0.0, 1.15))


def _centred(affine: Affine, low: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Field:
    """Return the matrix for a sampler that counts from pixel centres, in a window at ``low``."""
    half = np.array([0.5, 0.5])
    offset = affine.linear @ half + affine.offset - half - low
    return np.column_stack([affine.linear, offset]).astype(np.float32)
