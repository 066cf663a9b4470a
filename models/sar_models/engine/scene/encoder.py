"""The scene encoder: what lies where, whatever the stain."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from sar_models.engine.scene.layers import Norm, convolution, doubled

SCENE_CHANNELS = 64
STRUCTURE_CHANNELS = 4
STRIDE = 2
"""Input pixels per scene pixel."""

_WIDTHS = (32, 64, 96, 128)


class SceneEncoder(nn.Module):
    """A U-Net with instance normalisation (SAR-Net, section on the scene encoder).

    ``S`` has half of the picture's resolution; the paper's has all of it. Registration never looks
    closer than that, and it is four times as fast.

    Parameters
    ----------
    norm : {"instance", "batch"}
        Batch normalisation is there to be compared with.
    """

    def __init__(self, norm: Norm = "instance") -> None:
        super().__init__()
        self.unfold = nn.PixelUnshuffle(STRIDE)
        inside = 3 * STRIDE**2
        self.down = nn.ModuleList()
        for width in _WIDTHS:
            self.down.append(
                nn.Sequential(convolution(inside, width, norm), convolution(width, width, norm))
            )
            inside = width
        self.up = nn.ModuleList(
            convolution(deep + skipped, outside, norm)
            for deep, skipped, outside in ((128, 96, 96), (96, 64, 64), (64, 32, 64))
        )
        self.scene = nn.Sequential(
            nn.Conv2d(64, SCENE_CHANNELS, 1), nn.InstanceNorm2d(SCENE_CHANNELS)
        )
        self.structure = nn.Conv2d(SCENE_CHANNELS, STRUCTURE_CHANNELS, 1)

    def forward(self, density: torch.Tensor) -> torch.Tensor:
        """Return scenes ``(B, 64, H/2, W/2)`` of optical densities ``(B, 3, H, W)``.

        Height and width have to be even. Every channel of a scene has mean zero and deviation one.
        """
        features = self.unfold(density)
        kept: list[torch.Tensor] = []
        for index, block in enumerate(self.down):
            if index:
                features = F.avg_pool2d(features, 2, ceil_mode=True)
            features = block(features)
            kept.append(features)
        for block, skipped in zip(self.up, reversed(kept[:-1]), strict=True):
            features = block(torch.cat([doubled(features, skipped), skipped], dim=1))
        scene: torch.Tensor = self.scene(features)
        return scene

    def structures(self, scene: torch.Tensor) -> torch.Tensor:
        """Return the few channels ``(B, 4, h, w)`` of scenes that sections are compared by."""
        return torch.tanh(self.structure(scene))
