"""How good an anchored network is, on episodes that no training draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from sar_models.engine.anchored.paired import PairedNet
from sar_models.engine.training.anchored.episodes import PAPER_WORLD, REGIMES, draw_episodes
from sar_models.engine.training.anchored.losses import paired_losses, pooled_losses

if TYPE_CHECKING:
    from sar_models.engine.anchored.pooled import PooledNet

_SEED = 10**9
_COUNTS = (4, 8, 15)
_POOLED_COUNTS = (4, 7, 10)
_EPISODES, _POINTS = 60, 12
_POOLED_EPISODES, _POOLED_POINTS = 6, 48


@torch.no_grad()
def validate(
    network: PairedNet | PooledNet, device: torch.device
) -> tuple[dict[str, float], float]:
    """Return the figures of a network, and its score: the lower, the better.

    Of the paired one they are the median errors of every regime, px; of the pooled one its loss
    and the share of points whose place is found among those of all. The episodes are the same for
    every training, so that trainings can be compared.
    """
    network.eval()
    try:
        if isinstance(network, PairedNet):
            return _paired(network, device)
        return _pooled(network, device)
    finally:
        network.train()


def _paired(network: PairedNet, device: torch.device) -> tuple[dict[str, float], float]:
    found: dict[str, list[float]] = {"loss": []}
    for index, (name, world) in enumerate(REGIMES.items()):
        for count in _COUNTS:
            rng = np.random.default_rng((_SEED, index, count))
            losses = paired_losses(
                network, draw_episodes(rng, _EPISODES, count, _POINTS, world).to(device)
            )
            found.setdefault(f"{name}, px", []).append(losses["median_px"].item())
            found["loss"].append(losses["loss"].item())
    figures = {name: float(np.mean(values)) for name, values in found.items()}
    return figures, figures["loss"]


def _pooled(network: PooledNet, device: torch.device) -> tuple[dict[str, float], float]:
    losses = [
        pooled_losses(
            network,
            draw_episodes(
                np.random.default_rng((_SEED, count)),
                _POOLED_EPISODES,
                count,
                _POOLED_POINTS,
                PAPER_WORLD,
            ).to(device),
            lgn=False,
        )
        for count in _POOLED_COUNTS
    ]
    figures = {name: float(np.mean([each[name].item() for each in losses])) for name in losses[0]}
    return figures, figures["loss"]
