"""Where tissue lies on a picture, found without the engine that is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points

_BLOCKS = 64
_LEAST_DENSITY = 0.06


def tissue_grid(image: NDArray[np.uint8]) -> Points:
    """Return points of a regular grid that lie on tissue, ``(N, 2)`` pixels of ``image``.

    Parameters
    ----------
    image : (H, W, 3) uint8
        Brightfield RGB; the grid has about 64 points along its long side.
    """
    height, width = image.shape[:2]
    step = -(-max(width, height) // _BLOCKS)
    rows, columns = max(height // step, 1), max(width // step, 1)
    blocks = image[: rows * step, : columns * step].reshape(
        rows, min(step, height), columns, min(step, width), 3
    )
    # The brightest glass of the slide, not 255: scanners differ.
    white = np.maximum(np.percentile(image[::8, ::8].reshape(-1, 3), 99, axis=0), 128.0)
    density = np.log10(white / np.maximum(blocks.mean(axis=(1, 3)), 1.0)).mean(axis=2)
    row, column = np.nonzero(density > _LEAST_DENSITY)
    # Middles of blocks, corner origin.
    grid: Points = (np.stack([column, row], axis=1) + 0.5) * step
    return grid
