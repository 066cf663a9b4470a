"""Tensors of images and coordinates: pixels are corner-origin here as everywhere."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_tensor(images: NDArray[np.float32], device: torch.device) -> torch.Tensor:
    """Return ``(H, W)`` or ``(C, H, W)`` as a tensor ``(1, C, H, W)``."""
    array = np.ascontiguousarray(images, dtype=np.float32)
    tensor = torch.from_numpy(array).to(device)
    return tensor.view(1, -1, *tensor.shape[-2:])


def positions(height: int, width: int, device: torch.device) -> torch.Tensor:
    """Return the corner-origin position ``(x, y)`` of each pixel's centre, ``(1, H, W, 2)``."""
    y = torch.arange(height, device=device, dtype=torch.float32) + 0.5
    x = torch.arange(width, device=device, dtype=torch.float32) + 0.5
    grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([grid_x, grid_y], dim=-1)[None]


def sample(images: torch.Tensor, points: torch.Tensor, padding: str = "zeros") -> torch.Tensor:
    """Return ``images`` ``(1, C, H, W)`` at corner-origin ``points`` ``(1, h, w, 2)``."""
    height, width = images.shape[-2:]
    extent = torch.tensor([width, height], device=images.device, dtype=torch.float32)
    # With align_corners=False, -1 and 1 are the outer edges of the border pixels: corner origin.
    return F.grid_sample(images, points / extent * 2 - 1, padding_mode=padding, align_corners=False)


def shrunk(images: torch.Tensor, factor: float) -> torch.Tensor:
    """Return area-averaged images with ``factor`` times as many pixels per side."""
    if factor >= 1:
        return images
    height, width = images.shape[-2:]
    size = (max(round(height * factor), 8), max(round(width * factor), 8))
    return F.interpolate(images, size, mode="area")


def pixel_ratio(fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
    """Return coarse pixels per fine pixel, ``(2,)`` along x and y."""
    return torch.tensor(
        [coarse.shape[-1] / fine.shape[-1], coarse.shape[-2] / fine.shape[-2]],
        device=fine.device,
        dtype=torch.float32,
    )


def box_mean(images: torch.Tensor, radius: int) -> torch.Tensor:
    """Return the mean over squares of ``2 radius + 1`` pixels, cut at the border.

    By matrices: at the sizes of a registration several times as fast on a processor as pooling.
    """
    height, width = images.shape[-2:]
    rows, columns = (_averaging(side, radius, images.device) for side in (height, width))
    return rows @ (images @ columns.T)


@lru_cache(maxsize=64)
def _averaging(side: int, radius: int, device: torch.device) -> torch.Tensor:
    """Return the matrix ``(side, side)`` that averages a line of pixels over its neighbours."""
    place = torch.arange(side, device=device)
    near = ((place[:, None] - place[None]).abs() <= radius).float()
    return near / near.sum(dim=1, keepdim=True)
