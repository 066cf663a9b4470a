"""Changes of light and stain of rising strength that move nothing."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.synthesis.imaging import Image

    Density = NDArray[np.float32]
    Change = Callable[[Density, float, np.random.Generator], Density]

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
"""Of the strongest change; none is 0."""

_DARKEST = 4.0
_FULL_DENSITY = 1.2
"""Optical density that counts as dark when stains are inverted."""
_GLASS_DENSITY = 0.06
_KNOTS = 5


@dataclass(frozen=True)
class Distortion:
    """A kind of change, and what its full strength is.

    Parameters
    ----------
    change : callable
        Of optical densities ``(H, W, 3)``, a strength in [0, 1] and a generator of chance.
    unit : str
        What a strength of one means, for people.
    """

    change: Change
    unit: str


def distorted(image: Image, kind: str, strength: float, seed: int) -> Image:
    """Return a picture whose light or stain was changed; nothing moves.

    Parameters
    ----------
    image : (H, W, 3) uint8
        Brightfield.
    kind : str
        One of `DISTORTIONS`.
    strength : float
        From 0, which changes nothing, to 1.
    seed : int
        The same seed gives the same change at every strength, only stronger.
    """
    if strength == 0:
        return image.copy()
    white = np.maximum(np.percentile(image[::4, ::4].reshape(-1, 3), 99, axis=0), 128.0)
    light = np.maximum(image.astype(np.float32), _DARKEST) / white.astype(np.float32)
    density = np.maximum(-np.log(light), 0.0)
    changed = DISTORTIONS[kind].change(density, strength, np.random.default_rng(seed))
    return np.asarray(np.clip(np.rint(white * np.exp(-changed)), 0, 255), dtype=np.uint8)


def _gamma(density: Density, strength: float, rng: np.random.Generator) -> Density:
    power = float(4.0 ** (strength * (1 if rng.random() < 0.5 else -1)))
    bent = (density / _FULL_DENSITY) ** power * _FULL_DENSITY
    return np.asarray(np.where(_on_tissue(density), bent, density), dtype=np.float32)


def _histogram(density: Density, strength: float, rng: np.random.Generator) -> Density:
    """Bend each channel by a random rising curve of its own, away from the straight one."""
    bent = np.empty_like(density)
    knots = np.linspace(0.0, 3.0 * _FULL_DENSITY, _KNOTS)
    for channel in range(3):
        steps = rng.dirichlet(np.full(_KNOTS - 1, 0.4))
        curve = np.concatenate([[0.0], np.cumsum(steps)]) * knots[-1]
        mixed = PchipInterpolator(knots, (1 - strength) * knots + strength * curve)
        bent[..., channel] = mixed(np.minimum(density[..., channel], knots[-1]))
    return bent


def _remix(density: Density, strength: float, rng: np.random.Generator) -> Density:
    """Turn colours into others: each channel becomes a mix of all three, denser or paler."""
    mix = rng.dirichlet((0.5, 0.5, 0.5), size=3).T * rng.uniform(0.4, 1.6, 3)
    whole = (1 - strength) * np.eye(3) + strength * mix
    return np.asarray(density @ whole, dtype=np.float32)


def _blur(density: Density, strength: float, rng: np.random.Generator) -> Density:
    del rng
    return np.asarray(cv2.GaussianBlur(density, (0, 0), 6.0 * strength), dtype=np.float32)


def _inversion(density: Density, strength: float, rng: np.random.Generator) -> Density:
    """Make what is dark pale and what is pale dark, on tissue; half-way there is no contrast."""
    del rng
    inverse = np.maximum(_FULL_DENSITY - density, 0.1)
    turned = (1 - strength) * density + strength * inverse
    return np.asarray(np.where(_on_tissue(density), turned, density), dtype=np.float32)


def _on_tissue(density: Density) -> NDArray[np.bool_]:
    """Return where there is more than the noise of glass, ``(H, W, 1)``."""
    return np.asarray(density.mean(axis=2, keepdims=True) > _GLASS_DENSITY)


DISTORTIONS = MappingProxyType(
    {
        "gamma": Distortion(_gamma, "optical density to the power of 4 or ¼"),
        "histogram": Distortion(_histogram, "a random rising curve for each colour"),
        "remix": Distortion(_remix, "each colour a random mix of all three"),
        "blur": Distortion(_blur, "Gaussian of 6 px"),
        "inversion": Distortion(_inversion, "dark becomes pale"),
    }
)
"""Kinds of change by name."""
