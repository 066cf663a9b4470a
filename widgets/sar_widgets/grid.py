"""The pyramid that the page shows: tiles of the target slide, halved from level to level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Size

Layer = Literal["source", "target"]
"""``source``: the source slide, warped into the target's pyramid; ``target``: the target itself."""
LAYERS: tuple[Layer, ...] = get_args(Layer)


@dataclass(frozen=True)
class TileKey:
    """One tile of one layer, as the page names it: ``source/LEVEL/COLUMN/ROW``."""

    layer: Layer
    level: int
    column: int
    row: int

    @classmethod
    def parse(cls, text: str) -> TileKey:
        """Return the key that a text names.

        Raises
        ------
        OptionError
            If it names none.
        """
        layer, *numbers = text.split("/")
        if layer not in LAYERS or len(numbers) != 3 or not all(n.isdecimal() for n in numbers):
            raise OptionError(f"{text[:80]!r} is no tile", remedy="Use LAYER/LEVEL/COLUMN/ROW.")
        level, column, row = (int(number) for number in numbers)
        return cls(layer, level, column, row)

    def __str__(self) -> str:
        return f"{self.layer}/{self.level}/{self.column}/{self.row}"


@dataclass(frozen=True)
class TileBox:
    """What a tile covers.

    Parameters
    ----------
    x, y, right, bottom : float
        Target level-0 pixels.
    width, height : int
        Pixels of the tile. At the slide's right and lower edge these are rounded up and a little
        narrower than elsewhere, so that a tile ends exactly where the slide does.
    """

    x: float
    y: float
    right: float
    bottom: float
    width: int
    height: int

    @property
    def pixel_size(self) -> tuple[float, float]:
        """Target level-0 pixels per pixel of the tile, along x and y."""
        return (self.right - self.x) / self.width, (self.bottom - self.y) / self.height

    def at(self, columns: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the level-0 positions of pixel centres, ``(len(rows), len(columns), 2)``."""
        step_x, step_y = self.pixel_size
        x, y = np.meshgrid(self.x + (columns + 0.5) * step_x, self.y + (rows + 0.5) * step_y)
        return np.stack([x, y], axis=-1)


@dataclass(frozen=True)
class TileGrid:
    """The tiles of a slide at all levels; level 0 is one tile that shows all of it.

    Parameters
    ----------
    size : Size
        Level 0 of the slide.
    tile_px : int
        Side of a tile.
    """

    size: Size
    tile_px: int

    @cached_property
    def max_level(self) -> int:
        """The level of full resolution."""
        longest = max(self.size.width, self.size.height)
        return max(0, math.ceil(math.log2(longest / self.tile_px)))

    def downsample(self, level: int) -> float:
        """Return level-0 pixels per pixel of a level."""
        return float(2 ** (self.max_level - level))

    def shape(self, level: int) -> tuple[int, int]:
        """Return how many columns and rows of tiles a level has."""
        side = self.tile_px * self.downsample(level)
        return math.ceil(self.size.width / side), math.ceil(self.size.height / side)

    def box(self, key: TileKey) -> TileBox:
        """Return what a tile covers.

        Raises
        ------
        OptionError
            If the pyramid has no such tile.
        """
        if not 0 <= key.level <= self.max_level:
            raise OptionError(f"There is no level {key.level!r} among 0 to {self.max_level}")
        columns, rows = self.shape(key.level)
        if not (0 <= key.column < columns and 0 <= key.row < rows):
            raise OptionError(f"Level {key.level} has {columns} x {rows} tiles, not {key!s}")
        step = self.downsample(key.level)
        side = self.tile_px * step
        x, y = key.column * side, key.row * side
        right = min(x + side, float(self.size.width))
        bottom = min(y + side, float(self.size.height))
        return TileBox(
            x, y, right, bottom, math.ceil((right - x) / step), math.ceil((bottom - y) / step)
        )
