"""Pictures of what a network makes of views that it was not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from sar_models.engine.scene.encoder import STRIDE
from sar_models.engine.training.losses import laid_on_first

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.training.losses import Batch

COLUMNS = (
    "first view",
    "second view",
    "second,\nlaid on first",
    "its scene,\nfirst's stain",
    "first's scene,\nsecond's stain",
    "first's\nstructures",
    "second's\nstructures, laid",
)
"""What the pictures of a row show."""


@torch.no_grad()
def sample_pictures(network: SarNet, batch: Batch) -> NDArray[np.uint8]:
    """Return pictures ``(B, N, H, W, 3)`` of a batch: one row a pair, columns as in `COLUMNS`."""
    scenes = network.scene(batch.first), network.scene(batch.second)
    stains = network.appearance(batch.first), network.appearance(batch.second)
    laid = laid_on_first(scenes[1], batch.views)
    second_laid = F.grid_sample(batch.second, batch.views.second_from_first, align_corners=False)
    structures = network.scene_encoder.structures
    pictures = [
        _light(batch.first),
        _light(batch.second),
        _light(second_laid),
        _light(network.render(laid, stains[0])),
        _light(network.render(scenes[0], stains[1])),
        _colours(structures(scenes[0])),
        _colours(structures(laid)),
    ]
    values = torch.stack(pictures, dim=1).permute(0, 1, 3, 4, 2).clamp(0.0, 1.0)
    return np.asarray((255 * values).round().numpy(), dtype=np.uint8)


def _light(density: torch.Tensor) -> torch.Tensor:
    return torch.exp(-density)


def _colours(structures: torch.Tensor) -> torch.Tensor:
    """Return the first three channels ``(B, 3, H, W)`` as red, green and blue."""
    colours = 0.5 + 0.5 * structures[:, :3]
    return F.interpolate(colours, scale_factor=float(STRIDE), mode="nearest")
