"""Affine refinement of a pose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from sar_models.domain.transforms import Affine
from sar_models.engine.descent import minimised
from sar_models.engine.sampling import as_tensor, pixel_ratio, positions, sample, shrunk
from sar_models.engine.similarity import LocalCorrelation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.engine.canonical import Canonical


class Level(NamedTuple):
    """A step from coarse to fine."""

    size_px: int
    """Long side of the images."""
    steps: int
    """Steps of the optimiser."""


COARSE = (Level(112, 50),)
FINE = (Level(224, 50), Level(448, 20))
_RATE = 0.01
_MAX_STRETCH = 1.35


def refine_affine(pair: Canonical, levels: Sequence[Level], device: torch.device) -> Affine:
    """Return the affine map, canonical pixels to canonical pixels, that makes the pair most alike.

    Parameters
    ----------
    pair : Canonical
    levels : sequence of Level
        From coarse to fine; the first one decides how far off the pose may be.
    device : torch.device

    Returns
    -------
    Affine
        ``target_from_source`` within the canonical frame; the identity where it would have to
        stretch the tissue by more than a third, which sections never do.
    """
    fixed, mask = as_tensor(pair.source, device), as_tensor(pair.source_mask, device)
    moving, known = as_tensor(pair.target, device), as_tensor(pair.target_known, device)
    half = pair.long_side_px / 2
    height, width = pair.shape
    centre = torch.tensor([width / 2, height / 2], device=device)
    parameters = torch.zeros(6, device=device)
    for level in levels:
        parameters = _optimised(parameters, fixed, mask, moving, known, level, centre, half)
    values = parameters.cpu().numpy().astype(np.float64)
    linear = np.eye(2) + values[:4].reshape(2, 2)
    middle = np.array([width / 2, height / 2])
    stretch = np.linalg.svd(linear, compute_uv=False)
    if not np.isfinite(values).all() or stretch[0] > _MAX_STRETCH or stretch[1] < 1 / _MAX_STRETCH:
        return Affine.identity()
    return Affine.from_linear(linear, middle + values[4:] * half - linear @ middle)


def _optimised(
    parameters: torch.Tensor,
    fixed: torch.Tensor,
    mask: torch.Tensor,
    moving: torch.Tensor,
    known: torch.Tensor,
    level: Level,
    centre: torch.Tensor,
    half: float,
) -> torch.Tensor:
    """Return better parameters: four of the linear part, two of the shift over half the side."""
    factor = min(level.size_px / (2 * half), 1.0)
    a, weight, b, seen_b = (shrunk(image, factor) for image in (fixed, mask, moving, known))
    correlation = LocalCorrelation.with_fixed(a)
    ratio = pixel_ratio(fixed, a)
    unit = (positions(a.shape[-2], a.shape[-1], a.device) / ratio - centre) / half

    def loss(tried: torch.Tensor) -> torch.Tensor:
        moved = unit + unit @ tried[:4].view(2, 2).T + tried[4:]
        points = (moved * half + centre) * ratio
        seen = sample(seen_b, points).detach()
        return correlation.loss(sample(b, points), weight * seen)

    return minimised(loss, parameters, _RATE * (224 / level.size_px) ** 0.5, level.steps)
