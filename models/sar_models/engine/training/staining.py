"""Stain physics on crops: dyes at random, light, thickness, blur and noise.

Optical densities add, light decays exponentially (Beer-Lambert); what a dye is taken up by is drawn
anew for each crop, so that a marker may show in one view only, or invert what another one shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DYES = np.array(
    [
        [0.70, 0.76, 0.34],  # haematoxylin
        [0.66, 0.55, 0.24],  # haematoxylin as a counterstain
        [0.09, 0.85, 0.28],  # eosin
        [0.55, 0.95, 1.35],  # DAB
        [0.80, 0.42, 0.14],  # aniline blue
        [0.16, 0.95, 0.62],  # fuchsin
        [0.20, 0.95, 0.75],  # AEC, red
        [0.45, 0.45, 0.45],  # silver
    ],
    dtype=np.float32,
)
_COUNTERSTAINS, _OTHERS = (0, 1), (2, 3, 4, 5, 6, 7)
_MOST_DYES = 3
_LN10 = float(np.log(10.0)) * 0.62
"""The factor is the usual thickness of a section, as in `sar_models.synthesis.imaging`."""
_MAX_DENSITY = 3.0
_JPEG_SHARE = 0.3


@dataclass(frozen=True, eq=False)
class Recipe:
    """How crops are stained: one recipe for each.

    Parameters
    ----------
    uptake : (B, D, K) tensor
        Amount of each dye that a unit of each component takes up.
    middling : (B, D, K) tensor
        The same for components where they are neither pale nor dense: maps that are not monotone.
    colour : (B, D, 3) tensor
        Optical density of each dye in red, green, blue.
    saturation, hides : (B, D) tensors
    gamma, blur_px, noise, unevenness : (B,) tensors
    jpeg : tuple of int
        Quality of a JPEG pass of each crop, 0 for none.
    """

    uptake: torch.Tensor
    middling: torch.Tensor
    colour: torch.Tensor
    saturation: torch.Tensor
    hides: torch.Tensor
    gamma: torch.Tensor
    blur_px: torch.Tensor
    noise: torch.Tensor
    unevenness: torch.Tensor
    jpeg: tuple[int, ...]


def draw_recipes(rng: np.random.Generator, components: Sequence[int], most: int) -> Recipe:
    """Draw a recipe for crops of so many components each, padded to ``most``."""
    count = len(components)
    uptake = np.zeros((count, _MOST_DYES, most), dtype=np.float32)
    middling = np.zeros_like(uptake)
    colour = np.zeros((count, _MOST_DYES, 3), dtype=np.float32)
    for crop, number in enumerate(components):
        _draw_dyes(rng, uptake[crop], middling[crop], colour[crop], number)
    hides = rng.uniform(0.0, 0.8, (count, _MOST_DYES)) * (rng.random((count, _MOST_DYES)) < 0.5)
    return Recipe(
        _tensor(uptake),
        _tensor(middling),
        _tensor(colour),
        _tensor(rng.uniform(1.0, 2.4, (count, _MOST_DYES))),
        _tensor(hides),
        _tensor(np.exp(rng.normal(0.0, 0.2, count))),
        _tensor(rng.uniform(0.3, 1.3, count)),
        _tensor(rng.uniform(0.003, 0.03, count)),
        _tensor(rng.uniform(0.0, 0.25, count)),
        tuple(int(q) for q in rng.integers(60, 95, count) * (rng.random(count) < _JPEG_SHARE)),
    )


def _draw_dyes(
    rng: np.random.Generator,
    uptake: NDArray[np.float32],
    middling: NDArray[np.float32],
    colour: NDArray[np.float32],
    number: int,
) -> None:
    """Draw a counterstain that nuclei take up, and one or two dyes that anything may."""
    dyes = [int(rng.choice(_COUNTERSTAINS))]
    dyes += [int(d) for d in rng.choice(_OTHERS, 1 + int(rng.random() < 0.4), replace=False)]
    colour[: len(dyes)] = _DYES[dyes] * np.exp(rng.normal(0.0, 0.12, (len(dyes), 3)))
    uptake[0, 0] = rng.uniform(0.5, 1.2)
    uptake[0, 1:number] = rng.uniform(0.0, 0.2, number - 1)
    for dye in range(1, len(dyes)):
        wanted = rng.random(number) < 0.35
        wanted[0] &= rng.random() < 0.3
        if not wanted.any():
            wanted[rng.integers(1, number)] = True
        strength = rng.uniform(0.3, 1.4, number) * wanted
        peaked = rng.random(number) < 0.25
        uptake[dye, :number] = strength * ~peaked + rng.uniform(0.0, 0.05, number)
        middling[dye, :number] = strength * peaked
    if rng.random() < 0.15:
        # A counterstain that is nearly washed out.
        uptake[0] *= 0.25


def stain(planes: torch.Tensor, recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    """Return what a scanner makes of crops.

    Parameters
    ----------
    planes : (B, K, H, W) tensor
        Amounts of components; one is an amount of 1.
    recipe : Recipe
    generator : torch.Generator
        Of noise and of slow unevenness.

    Returns
    -------
    (B, 3, H, W) tensor
        Optical density (natural logarithm), as the engine measures it.
    """
    amounts = planes.clamp_min(0) ** recipe.gamma.view(-1, 1, 1, 1)
    middle = torch.exp(-(((planes - 0.45) / 0.2) ** 2)) * (planes > 0.02)
    taken = torch.einsum("bdk,bkhw->bdhw", recipe.uptake, amounts)
    taken = taken + torch.einsum("bdk,bkhw->bdhw", recipe.middling, middle)
    taken = taken * _slowly_uneven(planes, recipe.unevenness, generator)
    limit = recipe.saturation[..., None, None]
    taken = limit * (1.0 - torch.exp(-taken / limit))
    visible = _hidden(taken, recipe.hides)
    density = _LN10 * torch.einsum("bdc,bdhw->bchw", recipe.colour, visible)
    light = _blurred(torch.exp(-density.clamp(0.0, 6.0)), recipe.blur_px)
    noise = torch.randn(light.shape, generator=generator) * recipe.noise.view(-1, 1, 1, 1)
    picture = _through_jpeg((light + noise).clamp(0.016, 1.0), recipe.jpeg)
    return (-torch.log(picture.clamp_min(0.016))).clamp(0.0, _MAX_DENSITY)


def _through_jpeg(light: torch.Tensor, qualities: Sequence[int]) -> torch.Tensor:
    """Return light ``(B, 3, H, W)`` as JPEG of these qualities leaves it."""
    pictures = []
    for crop, quality in zip(light, qualities, strict=True):
        if quality:
            picture = (crop.permute(1, 2, 0).numpy() * 255).astype(np.uint8)
            _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
            decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
            crop = torch.from_numpy(decoded).permute(2, 0, 1) / 255
        pictures.append(crop)
    return torch.stack(pictures)


def _hidden(taken: torch.Tensor, hides: torch.Tensor) -> torch.Tensor:
    """Dim each dye by those that lie over it."""
    visible = [taken[:, 0]]
    for dye in range(1, taken.shape[1]):
        dimmed = torch.exp(-hides[:, dye, None, None] * taken[:, dye])
        visible = [layer * dimmed for layer in visible] + [taken[:, dye]]
    return torch.stack(visible, dim=1)


def _slowly_uneven(
    planes: torch.Tensor, unevenness: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """Return thickness and uptake that change slowly over a crop, ``(B, 1, H, W)``."""
    nodes = torch.randn(planes.shape[0], 1, 3, 3, generator=generator)
    field = F.interpolate(nodes, planes.shape[-2:], mode="bicubic", align_corners=True)
    return torch.exp(unevenness.view(-1, 1, 1, 1) * field)


def _blurred(light: torch.Tensor, sigma_px: torch.Tensor) -> torch.Tensor:
    """Blur every crop by its own deviation."""
    offsets = torch.arange(-3.0, 4.0)
    kernel = torch.exp(-0.5 * (offsets[None] / sigma_px[:, None]) ** 2)
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(3, dim=0)
    count, channels, height, width = light.shape
    folded = F.pad(light.reshape(1, -1, height, width), (3, 3, 3, 3), mode="reflect")
    across = F.conv2d(folded, kernel[:, None, None, :], groups=count * channels)
    down = F.conv2d(across, kernel[:, None, :, None], groups=count * channels)
    return down.reshape(count, channels, height, width)


def _tensor(values: NDArray[np.floating]) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values, dtype=np.float32))
