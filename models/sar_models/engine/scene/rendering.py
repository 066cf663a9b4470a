"""Re-rendering: a section's scene under the appearance of another section."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from sar_models.domain.errors import InputError
from sar_models.engine.scene.fixing import with_fixed_norms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from sar_models.engine.scene.network import SarNet

TILE_PX = 1024
"""Side of what is rendered at once: about half a gigabyte of features."""

_HALO_PX = 96
"""Beyond it nothing changes a pixel: the reach of the encoder and of the forward model."""
_MULTIPLE = 16
_SAMPLE_PX = 128
"""Side of the crops that the network was trained on."""
_MOST_ACROSS = 5
"""Windows along a side of the sample: more would hardly change its statistics."""
_FULL_ENOUGH = 0.5
_MAX_DENSITY = 3.0


@dataclass(frozen=True, eq=False)
class Stained:
    """Tissue as it is stained.

    Parameters
    ----------
    density : (H, W, 3) float32
        Optical density of red, green and blue, natural logarithm.
    mask : (H, W) float32
        Tissue, in [0, 1].
    """

    density: NDArray[np.float32]
    mask: NDArray[np.float32]

    def __post_init__(self) -> None:
        shape = self.density.shape
        if len(shape) != 3 or shape[2] != 3 or shape[:2] != self.mask.shape:
            raise InputError(
                f"Optical density of shape {shape!r} with a mask of shape {self.mask.shape!r}",
                remedy="Give density (H, W, 3) and mask (H, W).",
            )
        if not np.isfinite(self.density).all():
            raise InputError("Optical density contains NaN or infinite values")
        if not (self.mask > 0.5).any():
            raise InputError("There is no tissue to render, or to take the stain from")


@torch.inference_mode()
def render_scene(
    network: SarNet,
    source: Stained,
    target: Stained,
    device: torch.device,
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.float32]:
    """Render the scene of the source with the appearance of the target.

    Parameters
    ----------
    network : SarNet
    source, target : Stained
        Tissue to paint, and tissue whose stain it is to have, at about the same scale.
    device : torch.device
    progress : callable or None
        Called with the fraction done.

    Returns
    -------
    (H, W, 3) float32
        Optical density at the source's pixels, zero off tissue.

    Notes
    -----
    Statistics for normalisation, and the appearance, are those of windows as full of tissue as the
    crops of the training: how much glass a picture shows does not matter, and the tiles of a large
    one fit together.
    """
    fixed = with_fixed_norms(network).to(device)
    appearance = fixed.appearance(_sample(target).to(device))
    fixed.render(fixed.scene(_sample(source).to(device)), appearance)
    painted = np.zeros_like(source.density)
    tiles = list(_tiles(*source.mask.shape))
    for number, (core, around) in enumerate(tiles):
        image = _tensor(source, around).to(device)
        seen = fixed.render(fixed.scene(image), appearance)[0].permute(1, 2, 0).cpu().numpy()
        top, left = core[0].start - around[0].start, core[1].start - around[1].start
        rows, columns = (part.stop - part.start for part in core)
        painted[core] = seen[top : top + rows, left : left + columns]
        if progress is not None:
            progress((number + 1) / len(tiles))
    return np.clip(painted, 0.0, _MAX_DENSITY) * source.mask[..., None]


def _tensor(stained: Stained, part: tuple[slice, slice]) -> torch.Tensor:
    return _filled(stained.density[part] * stained.mask[part][..., None])


def _filled(density: NDArray[np.float32]) -> torch.Tensor:
    """Return ``(1, 3, H, W)``, its sides filled up as the encoder needs them."""
    image = torch.from_numpy(density).permute(2, 0, 1)[None]
    height, width = image.shape[-2:]
    return F.pad(image, (0, -width % _MULTIPLE, 0, -height % _MULTIPLE), mode="replicate")


def _sample(stained: Stained) -> torch.Tensor:
    """Return one picture ``(1, 3, h, w)`` of windows that are full of tissue, side by side.

    Not a batch of them: the encoder's coarsest pixels would mostly lie at a border.
    """
    height, width = stained.mask.shape
    sides = min(_SAMPLE_PX, height), min(_SAMPLE_PX, width)
    windows = [
        (slice(top, top + sides[0]), slice(left, left + sides[1]))
        for top in _starts(height, sides[0])
        for left in _starts(width, sides[1])
    ]
    shares = np.array([stained.mask[window].mean() for window in windows])
    full = np.flatnonzero(shares >= _FULL_ENOUGH * shares.max())
    rows = min(max(math.isqrt(len(full)), 1), _MOST_ACROSS)
    columns = min(len(full) // rows, _MOST_ACROSS)
    chosen = full[np.linspace(0, len(full) - 1, rows * columns).round().astype(int)]
    parts = [stained.density[w] * stained.mask[w][..., None] for w in (windows[i] for i in chosen)]
    mosaic = [np.concatenate(parts[r * columns : (r + 1) * columns], axis=1) for r in range(rows)]
    return _filled(np.concatenate(mosaic))


def _starts(extent: int, side: int) -> list[int]:
    """Return where windows of one side start so that they cover an extent evenly."""
    count = -(-extent // side)
    return [int(start) for start in np.linspace(0, extent - side, count).round()]


def _tiles(height: int, width: int) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Yield the tiles of a picture, each with the part that has to be seen to paint it.

    Both start where the encoder's coarsest pixels do: otherwise tiles would differ at their seams.
    """
    if height <= TILE_PX and width <= TILE_PX:
        whole = slice(0, height), slice(0, width)
        yield whole, whole
        return
    core = TILE_PX - 2 * _HALO_PX
    for top in range(0, height, core):
        for left in range(0, width, core):
            yield (
                (slice(top, min(top + core, height)), slice(left, min(left + core, width))),
                (_around(top, core, height), _around(left, core, width)),
            )


def _around(start: int, core: int, extent: int) -> slice:
    return slice(max(start - _HALO_PX, 0), min(start + core + _HALO_PX, extent))
