"""From stained amounts to the picture a scanner makes: light, blur, noise and JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from sar_models.synthesis.noise import SmoothField, stream
from sar_models.synthesis.raster import FULL, Field, Plane, Raster

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.synthesis.stains import Stain

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""

_STRIP = 512
_EXPONENT = np.float32(np.log(10.0) * 0.62)
"""Turns density into an exponent; the factor is the usual thickness of a section."""


@dataclass(frozen=True)
class Look:
    """How one slide was stained and scanned; every number is drawn by `draw_look`."""

    strength: tuple[float, ...]
    """Relative amount of each dye."""
    hue: tuple[tuple[float, float, float], ...]
    """Relative change of each dye's optical densities (r, g, b)."""
    gamma: float
    """Exponent on the amounts: below 1 pale parts darken, above 1 they fade."""
    background: tuple[float, float, float]
    """Colour of the empty glass, 0 to 255."""
    vignette: float
    """Relative fall of illumination over the picture."""
    unevenness: float
    """Relative slow change of staining over the tissue (thickness, reagent)."""
    blur_px: float
    """Deviation of the optical blur, pixels."""
    noise: float
    """Deviation of sensor noise, grey values."""
    jpeg_quality: int | None
    """Quality of a JPEG pass, ``None`` for none."""


def draw_look(seed: int, stain: Stain, jpeg: bool = True) -> Look:
    """Draw the look of one slide: laboratories and scanners differ."""
    rng = stream(seed, "look", stain.name)
    count = len(stain.dyes)
    warm = rng.normal(0, 2.0)
    level = rng.uniform(234, 248)
    return Look(
        strength=tuple(float(v) for v in np.exp(rng.normal(0, 0.13, count))),
        hue=tuple(
            (float(r), float(g), float(b)) for r, g, b in np.exp(rng.normal(0, 0.07, (count, 3)))
        ),
        gamma=float(rng.uniform(0.85, 1.2)),
        background=(level + warm, level, level - warm + float(rng.normal(0, 1.5))),
        vignette=float(rng.uniform(0.0, 0.05)),
        unevenness=float(rng.uniform(0.03, 0.1)),
        blur_px=float(rng.uniform(0.55, 0.85)),
        noise=float(rng.uniform(1.0, 2.6)),
        jpeg_quality=int(rng.integers(72, 92)) if jpeg else None,
    )


def photograph(planes: Mapping[str, Plane], stain: Stain, look: Look, seed: int) -> Image:
    """Turn planes of components into a picture of the stained slide.

    Parameters
    ----------
    planes : mapping of str to (H, W) uint8
        Amounts of the components that the stain needs, on the pixels of the slide.
    stain, look : Stain, Look
        Protocol, and how this slide came out.
    seed : int
        Seed of the slide: noise and the slow unevenness follow from it.

    Returns
    -------
    (H, W, 3) uint8
        RGB.
    """
    height, width = next(iter(planes.values())).shape
    raster = Raster(0.0, 0.0, 1.0, width, height)
    slow = SmoothField.draw(stream(seed, "uneven"), raster.extent, max(0.35 * width, 64.0))
    light = SmoothField.draw(stream(seed, "light"), raster.extent, max(0.9 * width, 64.0))
    rng = stream(seed, "sensor")
    picture = np.empty((height, width, 3), dtype=np.uint8)
    margin = 4
    for top in range(0, height, _STRIP):
        low, high = max(top - margin, 0), min(top + _STRIP + margin, height)
        part = Raster(0.0, float(low), 1.0, width, high - low)
        thickness: Field = 1.0 + look.unevenness * slow.on(part)
        falloff = 0.5 + 0.5 * np.tanh(light.on(part))
        lamp: Field = (1.0 - look.vignette * falloff).astype(np.float32)
        strip = _light(
            {name: plane[low:high] for name, plane in planes.items()}, stain, look, thickness, lamp
        )
        blurred = np.asarray(cv2.GaussianBlur(strip, (0, 0), look.blur_px))[top - low :][:_STRIP]
        noisy = blurred + look.noise * _sensor_noise(rng, blurred.shape)
        picture[top : top + len(noisy)] = np.clip(noisy + 0.5, 0, 255).astype(np.uint8)
    return picture if look.jpeg_quality is None else through_jpeg(picture, look.jpeg_quality)


def through_jpeg(picture: Image, quality: int) -> Image:
    """Return the picture as JPEG of this quality leaves it."""
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])


def _sensor_noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Field:
    # Grain is mostly in brightness; a sum of two uniforms is close enough to normal.
    flat = rng.random((2, shape[0], shape[1]), dtype=np.float32)
    noise: Field = (flat[0] + flat[1] - 1.0)[..., None] * np.float32(2.45)
    return noise


def _light(
    planes: Mapping[str, Plane], stain: Stain, look: Look, thickness: Field, lamp: Field
) -> Field:
    """Light that passes the stained tissue, (H, W, 3) float32 grey values."""
    taken: list[Field] = []
    for dye, strength in zip(stain.dyes, look.strength, strict=True):
        amount = np.zeros(thickness.shape, dtype=np.float32)
        for name, share in dye.uptake.items():
            amount += np.float32(share / FULL) * planes[name]
        if look.gamma != 1.0:
            amount = np.asarray(cv2.pow(amount, look.gamma), dtype=np.float32)
        amount = dye.saturation * (1.0 - cv2.exp(amount * (-strength / dye.saturation)))
        if dye.hides:
            veil = 1.0 - dye.hides * np.minimum(amount, 1.0)
            taken = [np.asarray(below * veil, dtype=np.float32) for below in taken]
        taken.append(amount)
    channels: list[Field] = []
    for colour in range(3):
        density = np.zeros(thickness.shape, dtype=np.float32)
        for dye, hue, amount in zip(stain.dyes, look.hue, taken, strict=True):
            density += np.float32(dye.density[colour] * hue[colour]) * amount
        passed = np.asarray(cv2.exp(-density * thickness * _EXPONENT), dtype=np.float32)
        channels.append(passed * lamp * np.float32(look.background[colour]))
    return np.dstack(channels)
