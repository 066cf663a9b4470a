"""Places stained twice, each painted with the other's stain: what a network keeps apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.training.losses import Batch


@dataclass(frozen=True, eq=False)
class Swapped:
    """A batch of places under two stains, and what a network makes of them.

    Parameters
    ----------
    first, second : (B, H, W, 3) float32
        Optical densities of the same pixels of tissue under one stain and another.
    painted : (B, H, W, 3) float32
        The first one's scene under the second one's appearance.
    repainted : (B, H, W, 3) float32
        The first one's scene under its own appearance.
    tissue : (B, H, W) bool
    apart : (B,) float64
        Mean squared distance of the scenes of both stains, over tissue.
    beside : (B, N) float64
        The same of each scene from itself, moved by ``NEIGHBOURS_PX``: over four directions and
        both stains.
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    painted: NDArray[np.float32]
    repainted: NDArray[np.float32]
    tissue: NDArray[np.bool_]
    apart: NDArray[np.float64]
    beside: NDArray[np.float64]


NEIGHBOURS_PX = (1, 2, 4, 8, 16)
"""Pixels of the scene; one is two of the picture."""

_DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))


@torch.inference_mode()
def swap_stains(network: SarNet, batch: Batch) -> Swapped:
    """Return what a network makes of places that are stained twice.

    Parameters
    ----------
    network : SarNet
        In evaluation mode.
    batch : Batch
        As `sar_models.engine.training.sampling.Sampler.twice` draws it.
    """
    first, second = network.scene(batch.first), network.scene(batch.second)
    stains = network.appearance(batch.first), network.appearance(batch.second)
    weight = F.avg_pool2d(batch.views.tissue, 2)
    beside = [
        torch.stack([_moved(s, weight, step) for s in (first, second)]).mean(dim=0)
        for step in NEIGHBOURS_PX
    ]
    return Swapped(
        _picture(batch.first),
        _picture(batch.second),
        _picture(network.render(first, stains[1])),
        _picture(network.render(first, stains[0])),
        batch.views.tissue[:, 0].numpy() > 0.5,
        _distance(first, second, weight).numpy().astype(np.float64),
        torch.stack(beside, dim=1).numpy().astype(np.float64),
    )


def _picture(density: torch.Tensor) -> NDArray[np.float32]:
    return density.clamp(0.0, 3.0).permute(0, 2, 3, 1).numpy()


def _moved(scene: torch.Tensor, weight: torch.Tensor, step: int) -> torch.Tensor:
    """Return the distance from the scene moved by ``step``, mean over four directions, ``(B,)``."""
    found = []
    for down, across in _DIRECTIONS:
        shift = down * step, across * step
        there = weight.roll(shift, dims=(-2, -1)).clone()
        # What comes in on the other side is no neighbour.
        for dim, moved in ((-2, shift[0]), (-1, shift[1])):
            if moved:
                edge = slice(0, moved) if moved > 0 else slice(moved, None)
                there[(..., edge, slice(None)) if dim == -2 else (..., edge)] = 0.0
        found.append(_distance(scene, scene.roll(shift, dims=(-2, -1)), weight * there))
    return torch.stack(found).mean(dim=0)


def _distance(one: torch.Tensor, other: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean squared distance of scenes, ``(B,)``."""
    squared = ((one - other) ** 2).mean(dim=1, keepdim=True)
    total = weight.sum(dim=(1, 2, 3)).clamp_min(1e-6)
    return (squared * weight).sum(dim=(1, 2, 3)) / total
