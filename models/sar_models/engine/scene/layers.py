"""Layers that the networks are built of."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

Norm = Literal["instance", "batch"]
"""How features are normalised; statistics of one picture carry its stain, so these go."""


def convolution(inside: int, outside: int, norm: Norm) -> nn.Sequential:
    """Return a 3 x 3 convolution, normalised, with a smooth ramp."""
    layer = nn.InstanceNorm2d if norm == "instance" else nn.BatchNorm2d
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1, bias=False),
        layer(outside, affine=True),
        nn.SiLU(),
    )


class AdaptiveNorm(nn.Module):
    """AdaIN: features take the means and deviations that an appearance asks for."""

    def __init__(self, channels: int, appearance: int) -> None:
        super().__init__()
        self.normalise = nn.InstanceNorm2d(channels)
        self.style = nn.Linear(appearance, 2 * channels)

    def forward(self, features: torch.Tensor, appearance: torch.Tensor) -> torch.Tensor:
        """Return ``(B, C, H, W)`` features restyled by ``(B, A)`` appearances."""
        gain, offset = self.style(appearance)[..., None, None].chunk(2, dim=1)
        restyled: torch.Tensor = self.normalise(features) * (1.0 + gain) + offset
        return restyled


def doubled(features: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return features at the size of finer ones."""
    return F.interpolate(features, like.shape[-2:], mode="bilinear", align_corners=False)
