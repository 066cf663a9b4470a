"""Two views of one place: turned, mirrored, deformed, torn, of neighbouring sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from sar_models.engine.training.tearing import TORN, tear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CROP_PX = 128
_ZOOMS = (0.7, 2.4)
"""Stack pixels per pixel of a crop."""
_HALVED_FROM = 1.4
_MOST_SHIFT_PX = 8.0
_WARP_NODES = 4
_WARP_RMS_PX = 2.0
_FULL = 160.0
_ATTEMPTS = 12
_LEAST_TISSUE = 0.35
_TISSUE_AMOUNT = 0.04


@dataclass(frozen=True, eq=False)
class Views:
    """Crops of components and how they lie on each other.

    Parameters
    ----------
    first, second : (B, K, H, W) tensor
        Amounts of components; ones that a stack lacks are zero.
    components : tuple of int
        How many each crop has.
    second_from_first : (B, H, W, 2) tensor
        Where each pixel of the first view lies on the second, pixel centres in [-1, 1] from edge to
        edge (``grid_sample`` without aligned corners).
    linear : (B, 2, 2) tensor
        Turn and side of it: ``second = linear @ first`` but for shift and deformation.
    tissue : (B, 1, H, W) tensor
        Whether there is tissue in the first view that the second one shows as well, 0 or 1.
    """

    first: torch.Tensor
    second: torch.Tensor
    components: tuple[int, ...]
    second_from_first: torch.Tensor
    linear: torch.Tensor
    tissue: torch.Tensor


@dataclass(frozen=True, eq=False)
class _Place:
    """Where in a stack a view is taken: ``stack = centre + matrix @ crop``."""

    centre: NDArray[np.float64]
    matrix: NDArray[np.float64]


def draw_views(
    rng: np.random.Generator,
    stacks: Sequence[NDArray[np.uint8]],
    size_px: int = CROP_PX,
    torn: float = TORN,
) -> Views:
    """Draw two views of a place in each stack ``(S, K, H, W)``; a share of them are torn."""
    most = max(stack.shape[1] for stack in stacks)
    firsts, seconds, maps, linears = [], [], [], []
    for stack in stacks:
        first, second, moved, linear = _draw(rng, stack, size_px, torn)
        firsts.append(F.pad(first, (0, 0, 0, 0, 0, most - stack.shape[1])))
        seconds.append(F.pad(second, (0, 0, 0, 0, 0, most - stack.shape[1])))
        maps.append(moved)
        linears.append(linear)
    first, second = torch.stack(firsts), torch.stack(seconds)
    second_from_first = torch.stack(maps)
    inside = (second_from_first.abs() < 1.0).all(dim=-1)[:, None].float()
    seen = F.grid_sample(_has_tissue(second), second_from_first, align_corners=False)
    return Views(
        first,
        second,
        tuple(stack.shape[1] for stack in stacks),
        second_from_first,
        torch.stack(linears),
        _has_tissue(first) * (seen > 0.5) * inside,
    )


def unmoved(planes: torch.Tensor) -> torch.Tensor:
    """Return the map of views ``(B, K, H, W)`` onto themselves, as ``Views.second_from_first``."""
    theta = torch.eye(2, 3).expand(len(planes), -1, -1)
    return F.affine_grid(theta, [len(planes), 1, *planes.shape[-2:]], align_corners=False)


def _draw(
    rng: np.random.Generator, stack: NDArray[np.uint8], size_px: int, torn: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    sections = rng.permutation(len(stack))[:2]
    zoom = float(np.exp(rng.uniform(*np.log(_ZOOMS))))
    # Small stacks are looked at closely rather than lost in a view of glass.
    zoom = min(zoom, max(max(stack.shape[2:]) / size_px, _ZOOMS[0]))
    place = _place(rng, stack[sections[0]], zoom, size_px)
    linear = _turn(rng.uniform(-np.pi, np.pi), mirror=bool(rng.random() < 0.5))
    shift = rng.uniform(-_MOST_SHIFT_PX, _MOST_SHIFT_PX, 2)
    axis = torch.arange(size_px, dtype=torch.float32) - (size_px - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    crop = torch.stack([x, y], dim=-1)
    warped = crop + _deformation(rng, size_px)
    moved = warped @ torch.from_numpy(linear.T).float() + torch.from_numpy(shift).float()
    # The second view's pixels in the crop's frame: the inverse of turn and shift.
    back = (crop - torch.from_numpy(shift).float()) @ torch.from_numpy(linear).float()
    halved = zoom > _HALVED_FROM
    first = tear(rng, _sampled(stack[sections[0]], place, warped, halved=halved), torn)
    second = tear(rng, _sampled(stack[sections[-1]], place, back, halved=halved), torn)
    return first, second, moved * (2.0 / size_px), torch.from_numpy(linear).float()


def _place(
    rng: np.random.Generator, planes: NDArray[np.uint8], zoom: float, size_px: int
) -> _Place:
    """Choose a place that shows enough tissue, if there is one."""
    matrix = zoom * _turn(rng.uniform(-np.pi, np.pi), mirror=bool(rng.random() < 0.5))
    height, width = planes.shape[1:]
    reach = 0.5 * zoom * size_px
    centre = np.array([width / 2, height / 2])
    for _ in range(_ATTEMPTS):
        tried = np.array([_within(rng, width, reach), _within(rng, height, reach)])
        left, top = np.maximum(tried - reach, 0).astype(int)
        right, bottom = (tried + reach).astype(int)
        window = planes[:, top : bottom + 1 : 4, left : right + 1 : 4]
        if (window.max(axis=0) > _TISSUE_AMOUNT * _FULL).mean() > _LEAST_TISSUE:
            centre = tried
            break
    return _Place(centre, matrix)


def _within(rng: np.random.Generator, extent: int, reach: float) -> float:
    low, high = 0.6 * reach, extent - 0.6 * reach
    return float(rng.uniform(low, high)) if high > low else extent / 2


def _turn(angle: float, *, mirror: bool) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    flip = np.diag([-1.0 if mirror else 1.0, 1.0])
    return np.asarray(np.array([[cos, -sin], [sin, cos]]) @ flip)


def _deformation(rng: np.random.Generator, size_px: int) -> torch.Tensor:
    """Return a smooth displacement ``(H, W, 2)`` in pixels of the crop."""
    nodes = torch.from_numpy(rng.normal(0.0, _WARP_RMS_PX, (1, 2, _WARP_NODES, _WARP_NODES)))
    field = F.interpolate(nodes.float(), (size_px, size_px), mode="bicubic", align_corners=True)
    return field[0].permute(1, 2, 0)


def _sampled(
    planes: NDArray[np.uint8], place: _Place, crop: torch.Tensor, *, halved: bool
) -> torch.Tensor:
    """Return the planes at places of the crop's frame ``(H, W, 2)``, ``(K, H, W)``."""
    points = crop @ torch.from_numpy(place.matrix.T).float() + torch.from_numpy(place.centre)
    low = points.amin(dim=(0, 1)).floor().int().numpy() - 1
    high = points.amax(dim=(0, 1)).ceil().int().numpy() + 2
    low = np.clip(low, 0, np.array(planes.shape[:0:-1]) - 2)
    high = np.maximum(high, low + 2)
    window = planes[:, low[1] : high[1], low[0] : high[0]]
    image = torch.from_numpy(np.ascontiguousarray(window)).float()[None] / _FULL
    size = torch.tensor([image.shape[-1], image.shape[-2]], dtype=torch.float32)
    if halved:
        size = 2 * (size // 2)
        image = F.avg_pool2d(image, 2)
    grid = (points.float() - torch.from_numpy(low).float()) * 2.0 / size - 1.0
    return F.grid_sample(image, grid[None], padding_mode="zeros", align_corners=False)[0]


def _has_tissue(planes: torch.Tensor) -> torch.Tensor:
    """Return where there is tissue, small gaps closed, ``(B, 1, H, W)`` of 0 and 1."""
    there = (planes.amax(dim=1, keepdim=True) > _TISSUE_AMOUNT).float()
    return (F.avg_pool2d(there, 9, 1, 4, count_include_pad=False) > 0.2).float()
