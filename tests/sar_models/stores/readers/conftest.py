"""Small images with structure at every scale, and a way to read whole levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.geometry import Region
from sar_models.stores.readers import open_slide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="session")
def tissue() -> NDArray[np.uint8]:
    """Return (300, 420, 3) RGB that compresses, has no symmetry and holds no white."""
    y, x = np.mgrid[0:300, 0:420]
    planes = (x * 0.5, y * 0.7, 60 * np.sin(x / 9) * np.cos(y / 13) + 90)
    return np.stack(planes, axis=-1).clip(0, 230).astype(np.uint8)


@pytest.fixture(scope="session")
def whole_level() -> Callable[..., NDArray[np.uint8]]:
    """Return a function that opens a file and reads a level in uneven tiles."""

    def read(path: Path, level: int = 0, **options: Any) -> NDArray[np.uint8]:
        with open_slide(path, **options) as slide:
            size = slide.info.levels[level]
            out = np.zeros((size.height, size.width, 3), np.uint8)
            for y in range(0, size.height, 97):
                for x in range(0, size.width, 113):
                    width, height = min(113, size.width - x), min(97, size.height - y)
                    tile = slide.read(level, Region(x, y, width, height))
                    assert tile.shape == (height, width, 3)
                    assert tile.dtype == np.uint8
                    out[y : y + height, x : x + width] = tile
        return out

    return read
