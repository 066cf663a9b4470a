"""SAR-Net: scene encoder, appearance encoder and forward model together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from sar_models.engine.scene.appearance import AppearanceEncoder, ForwardModel
from sar_models.engine.scene.encoder import SceneEncoder

if TYPE_CHECKING:
    from sar_models.engine.scene.layers import Norm


class SarNet(nn.Module):
    """``I = G(S, A)``: see arXiv 2601.08875.

    Parameters
    ----------
    norm : {"instance", "batch"}
        Of the scene encoder.
    mixed : bool
        Convolve in bfloat16: half the time, for training.
    """

    def __init__(self, norm: Norm = "instance", *, mixed: bool = False) -> None:
        super().__init__()
        self.scene_encoder = SceneEncoder(norm)
        self.appearance_encoder = AppearanceEncoder()
        self.forward_model = ForwardModel()
        self.mixed = mixed

    def scene(self, density: torch.Tensor) -> torch.Tensor:
        """Return scenes ``(B, 64, H/2, W/2)`` of optical densities ``(B, 3, H, W)``."""
        return self._run(self.scene_encoder, density)

    def appearance(self, density: torch.Tensor) -> torch.Tensor:
        """Return appearances ``(B, 32)`` of optical densities ``(B, 3, H, W)``."""
        return self._run(self.appearance_encoder, density)

    def render(self, scene: torch.Tensor, appearance: torch.Tensor) -> torch.Tensor:
        """Return optical densities ``(B, 3, H, W)`` of scenes under appearances."""
        return self._run(self.forward_model, scene, appearance)

    def _run(self, part: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
        with torch.autocast(inputs[0].device.type, torch.bfloat16, enabled=self.mixed):
            found: torch.Tensor = part(*inputs)
        return found.float()
