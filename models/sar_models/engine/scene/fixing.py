"""Normalisation that does not depend on what else a picture shows: statistics taken once."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

if TYPE_CHECKING:
    from sar_models.engine.scene.network import SarNet


class FixedNorm(nn.Module):
    """An instance norm with the statistics of the first batch that it sees, all of it together.

    Parameters
    ----------
    norm : torch.nn.InstanceNorm2d
        Whose place it takes.
    """

    def __init__(self, norm: nn.InstanceNorm2d) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        self.moments: tuple[torch.Tensor, torch.Tensor] | None = None

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return features ``(B, C, H, W)`` over the first batch's deviation, from its mean."""
        if self.moments is None:
            variance, mean = torch.var_mean(features, dim=(0, 2, 3), correction=0)
            self.moments = mean, variance
        return F.batch_norm(features, *self.moments, self.weight, self.bias, eps=self.eps)


def with_fixed_norms(network: SarNet) -> SarNet:
    """Return a copy whose instance norms keep the statistics of what they see first.

    With instance norms as they are, a tile of a picture would be painted otherwise than its
    neighbour, and tissue beside much glass otherwise than tissue alone.
    """
    fixed = copy.deepcopy(network).eval()
    for module in list(fixed.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.InstanceNorm2d):
                setattr(module, name, FixedNorm(child))
    return fixed
