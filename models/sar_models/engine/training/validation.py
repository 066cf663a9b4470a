"""How good a network is, on tissue that it was not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from sar_models.engine.training.losses import LossWeights, laid_on_first, losses_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.training.losses import Batch

_NEIGHBOUR_PX = 4
_ALL = LossWeights()


@torch.no_grad()
def validate(network: SarNet, batches: Sequence[Batch]) -> dict[str, float]:
    """Return the mean of every loss and figure over batches.

    ``neighbour_ratio`` is the distance of the scenes of two stains at one place over that of
    neighbouring places under one stain: below one, stains matter less than places.
    """
    was_training = network.training
    network.eval()
    found: dict[str, list[float]] = {}
    for batch in batches:
        figures = losses_of(network, batch, _ALL)
        figures["neighbour_ratio"] = _neighbour_ratio(network, batch)
        for name, value in figures.items():
            found.setdefault(name, []).append(float(value))
    network.train(was_training)
    return {name: float(np.mean(values)) for name, values in found.items()}


def _neighbour_ratio(network: SarNet, batch: Batch) -> torch.Tensor:
    first, second = network.scene(batch.first), network.scene(batch.second)
    weight = F.avg_pool2d(batch.views.tissue, 2)
    laid = laid_on_first(second, batch.views)
    stains = ((first - laid) ** 2).mean(dim=1, keepdim=True)
    beside = first.roll(_NEIGHBOUR_PX, dims=-1)
    places = ((first - beside) ** 2).mean(dim=1, keepdim=True)
    inside = weight * (weight.roll(_NEIGHBOUR_PX, dims=-1) > 0)
    inside[..., :_NEIGHBOUR_PX] = 0
    return (stains * inside).sum() / (places * inside).sum().clamp_min(1e-6)
