"""Views of torn tissue: part of what they show is glass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    import numpy as np

TORN = 0.6
"""Share of the views that lose some of their tissue, unless a recipe has another one."""
_MOST_GLASS = 0.65
_NODES = (3, 6)
"""Fewest and most places from edge to edge at which a tear may turn."""


def tear(rng: np.random.Generator, planes: torch.Tensor, share: float = TORN) -> torch.Tensor:
    """Return a view that has lost some of its tissue, or the view itself.

    Features are normalised over the whole picture, so what a place looks like hangs on how much
    glass there is elsewhere. Two sections rarely tear alike: scenes have to agree all the same.

    Parameters
    ----------
    rng : Generator
    planes : (K, H, W) tensor
        Amounts of components.
    share : float
        Of the views that lose some; none draws nothing at random either.

    Returns
    -------
    (K, H, W) tensor
        Zero where the tissue is gone.
    """
    if share == 0 or rng.random() >= share:
        return planes
    nodes = int(rng.integers(*_NODES, endpoint=True))
    heights = torch.from_numpy(rng.normal(size=(1, 1, nodes, nodes))).float()
    relief = F.interpolate(heights, planes.shape[-2:], mode="bicubic", align_corners=True)[0]
    lost = float(rng.uniform(0.0, _MOST_GLASS))
    return planes * (relief > torch.quantile(relief, lost))
