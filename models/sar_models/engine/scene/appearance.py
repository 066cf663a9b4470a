"""Appearance: how a slide was stained and scanned, and pictures of a scene under it."""

from __future__ import annotations

import torch
from torch import nn

from sar_models.engine.scene.encoder import SCENE_CHANNELS, STRIDE
from sar_models.engine.scene.layers import AdaptiveNorm

APPEARANCE_VALUES = 32

_WIDTHS = (32, 64, 64)
_INNER = 48


class AppearanceEncoder(nn.Module):
    """A small convolutional network, averaged over the picture (SAR-Net, ``E_A``)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inside = 3
        for width in _WIDTHS:
            layers += [nn.Conv2d(inside, width, 3, stride=2, padding=1), nn.SiLU()]
            inside = width
        self.features = nn.Sequential(*layers)
        self.project = nn.Linear(inside, APPEARANCE_VALUES)

    def forward(self, density: torch.Tensor) -> torch.Tensor:
        """Return appearances ``(B, 32)`` of optical densities ``(B, 3, H, W)``."""
        appearance: torch.Tensor = self.project(self.features(density).mean(dim=(-2, -1)))
        return appearance


class ForwardModel(nn.Module):
    """Renders a scene under an appearance (SAR-Net, ``G``)."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inside, _INNER, 3, padding=1) for inside in (SCENE_CHANNELS, _INNER)
        )
        self.norms = nn.ModuleList(AdaptiveNorm(_INNER, APPEARANCE_VALUES) for _ in range(2))
        self.paint = nn.Conv2d(_INNER, 3 * STRIDE**2, 3, padding=1)
        self.fold = nn.PixelShuffle(STRIDE)

    def forward(self, scene: torch.Tensor, appearance: torch.Tensor) -> torch.Tensor:
        """Return optical densities ``(B, 3, H, W)`` of scenes ``(B, 64, H/2, W/2)``."""
        features = scene
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            features = nn.functional.silu(norm(convolution(features), appearance))
        density: torch.Tensor = self.fold(self.paint(features))
        return density
