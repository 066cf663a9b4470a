"""What the anchored networks are trained for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from sar_models.engine.training.anchored.negatives import mirrored_negatives

if TYPE_CHECKING:
    from sar_models.engine.anchored.paired import PairedNet
    from sar_models.engine.anchored.pooled import PooledNet
    from sar_models.engine.training.anchored.episodes import Episodes

TEMPERATURE = 0.1
"""The paper says 0.3, with 500 negatives apiece; with 64 that are shared the sharper one learns."""
NEGATIVES_FROM_PX = 20.0
"""Nearer places are no negatives: the paper's delta."""
_MOST = 60.0


def pooled_losses(network: PooledNet, episodes: Episodes, *, lgn: bool) -> dict[str, torch.Tensor]:
    """Return the InfoNCE loss of the paper's network, and how often the right place wins.

    All points of an episode share their places as negatives, which costs a hundredth of drawing
    500 for each.

    Parameters
    ----------
    network : PooledNet
    episodes : Episodes
    lgn : bool
        Whether local geometry-aware negatives are added.
    """
    asked = network(episodes.points, episodes.source)
    places = episodes.places
    if lgn:
        places = torch.cat([places, mirrored_negatives(places, episodes.target)], dim=1)
    described = network(places, episodes.target)
    logits = asked @ described.transpose(1, 2) / TEMPERATURE
    near = torch.cdist(episodes.places, places) < NEGATIVES_FROM_PX
    count = asked.shape[1]
    own = torch.eye(count, places.shape[1], dtype=torch.bool, device=near.device)
    logits = logits.masked_fill(near & ~own, -torch.inf)
    right = torch.arange(count, device=near.device).expand(len(logits), -1)
    loss = F.cross_entropy(logits.flatten(0, 1), right.flatten())
    found = (logits.argmax(-1) == right).float().mean()
    return {"loss": loss, "found": found}


def paired_losses(network: PairedNet, episodes: Episodes) -> dict[str, torch.Tensor]:
    """Return the loss of our network, the logarithm of a density in the plane, and its error.

    The density falls with the distance as ``exp(-distance / sigma) / sigma ** 2``: where nothing
    tells the place, the network says so with a large sigma, and the error there weighs little.
    """
    estimate = network(episodes.points, episodes.source, episodes.target)
    error = (estimate.places - episodes.places).norm(dim=-1)
    loss = error / estimate.sigma + 2.0 * torch.log(estimate.sigma)
    return {"loss": loss.clamp_max(_MOST).mean(), "median_px": error.detach().median()}
