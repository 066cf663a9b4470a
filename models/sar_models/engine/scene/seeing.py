"""What the scene encoder sees of a section."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from sar_models.engine.scene.encoder import STRIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    padded, size = _prepared(density, mask, min(ENCODED_PX / extent_px, 1.0), device)
    found = network.scene_encoder.structures(network.scene(padded))
    fine = torch.nn.functional.interpolate(
        found, padded.shape[-2:], mode="bilinear", align_corners=False
    )[0, :, _MARGIN_PX : _MARGIN_PX + size[1], _MARGIN_PX : _MARGIN_PX + size[0]]
    layers = [
        cv2.resize(layer, (width, height), interpolation=cv2.INTER_LINEAR) * mask
        for layer in fine.cpu().numpy()
    ]
    return np.asarray(layers, dtype=np.float32)


def see_together(
    networks: Sequence[SarNet],
    density: NDArray[np.float32],
    mask: NDArray[np.float32],
    extent_px: int,
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the structures of a section as each network sees them, one above the other.

    What one network mistakes, another one that was trained otherwise seldom does; see
    `see_structures`.
    """
    return np.concatenate(
        [see_structures(network, density, mask, extent_px, device) for network in networks]
    )


@torch.inference_mode()
def see_scene(
    network: SarNet,
    density: NDArray[np.float32],
    mask: NDArray[np.float32],
    factor: float,
    device: torch.device,
) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Return the scene of a section itself, all channels of it.

    Parameters
    ----------
    network : SarNet
    density : (H, W, 3) float32
        Optical density, natural logarithm.
    mask : (H, W) float32
        Tissue.
    factor : float
        Encoded pixels per pixel; tissue has to come to about `ENCODED_PX`.
    device : torch.device

    Returns
    -------
    scene : (64, h, w) float32
    pixels : (across, down)
        Pixels of the section per pixel of the scene; both start at the same corner.
    """
    padded, (width, height) = _prepared(density, mask, factor, device)
    margin = _MARGIN_PX // STRIDE
    rows, columns = (margin + -(-side // STRIDE) for side in (height, width))
    found = network.scene(padded)[0, :, margin:rows, margin:columns]
    pixels = (STRIDE * mask.shape[1] / width, STRIDE * mask.shape[0] / height)
    return found.cpu().numpy(), pixels


def _prepared(
    density: NDArray[np.float32],
    mask: NDArray[np.float32],
    factor: float,
    device: torch.device,
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Return what the encoder takes, with a margin, and the width and height without it."""
    height, width = mask.shape
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    method = cv2.INTER_AREA if factor <= 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(density * mask[..., None], size, interpolation=method))
    image = torch.from_numpy(small).permute(2, 0, 1)[None].to(device)
    pad = [(_MARGIN_PX + (-side) % _MULTIPLE) for side in image.shape[-2:]]
    return torch.nn.functional.pad(image, (_MARGIN_PX, pad[1], _MARGIN_PX, pad[0])), size
