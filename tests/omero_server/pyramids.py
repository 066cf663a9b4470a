"""Pixels of images: one array per level, on disk, as big-endian planes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def write_levels(folder: Path, planes: NDArray[np.generic], factors: Sequence[int]) -> None:
    """Write the levels of an image.

    Parameters
    ----------
    planes : ndarray, shape (C, H, W)
        Full resolution.
    factors : sequence of int
        How much smaller each level is, 1 first; a level's size is rounded down.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, factor in enumerate(factors):
        level = _reduced(planes, factor)
        # Beside it first: the file that is replaced may be mapped.
        with (folder / "new").open("wb") as file:
            np.save(file, level.astype(level.dtype.newbyteorder(">")))
        (folder / "new").replace(folder / f"{number}.npy")


def _reduced(planes: NDArray[np.generic], factor: int) -> NDArray[np.generic]:
    """Return the means of blocks of ``factor`` by ``factor`` pixels."""
    if factor == 1:
        return planes
    channels, height, width = planes.shape
    h, w = max(height // factor, 1), max(width // factor, 1)
    cut = planes[:, : h * factor, : w * factor]
    blocks = cut.reshape(channels, h, cut.shape[1] // h, w, cut.shape[2] // w)
    means = blocks.mean(axis=(2, 4))
    if np.issubdtype(planes.dtype, np.integer):
        means = np.rint(means)
    return means.astype(planes.dtype)


@lru_cache(maxsize=200)
def levels(folder: Path) -> tuple[NDArray[np.generic], ...]:
    """Return the levels of an image, the largest first, each (C, H, W), mapped from disk."""
    paths = sorted(folder.glob("*.npy"), key=lambda path: int(path.stem))
    return tuple(np.load(path, mmap_mode="r") for path in paths)
