"""What the scene encoder sees of a section."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.scene.network import SarNet

ENCODED_PX = 640
"""Long side of the tissue when it is encoded: the scale of the tissue of the training."""

_MULTIPLE = 16
_MARGIN_PX = 16


@torch.inference_mode()
def see_structures(
    network: SarNet,
    density: NDArray[np.float32],
    mask: NDArray[np.float32],
    extent_px: int,
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the structures of a section, whatever its stain.

    Parameters
    ----------
    network : SarNet
    density : (H, W, 3) float32
        Optical density, natural logarithm.
    mask : (H, W) float32
        Tissue.
    extent_px : int
        Long side of the tissue, or of that of the slide to compare with where that is longer: both
        have to be seen at one scale.
    device : torch.device

    Returns
    -------
    (C, H, W) float32
        In [-1, 1], zero off tissue.
    """
    height, width = mask.shape
    factor = min(ENCODED_PX / extent_px, 1.0)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    small = np.asarray(cv2.resize(density * mask[..., None], size, interpolation=cv2.INTER_AREA))
    image = torch.from_numpy(small).permute(2, 0, 1)[None].to(device)
    pad = [(_MARGIN_PX + (-side) % _MULTIPLE) for side in image.shape[-2:]]
    padded = torch.nn.functional.pad(image, (_MARGIN_PX, pad[1], _MARGIN_PX, pad[0]))
    found = network.scene_encoder.structures(network.scene(padded))
    fine = torch.nn.functional.interpolate(
        found, padded.shape[-2:], mode="bilinear", align_corners=False
    )[0, :, _MARGIN_PX : _MARGIN_PX + size[1], _MARGIN_PX : _MARGIN_PX + size[0]]
    layers = [
        cv2.resize(layer, (width, height), interpolation=cv2.INTER_LINEAR) * mask
        for layer in fine.cpu().numpy()
    ]
    return np.asarray(layers, dtype=np.float32)
