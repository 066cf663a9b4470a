"""All stacks of a training: of each kind some to learn from, others to validate with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import InputError
from sar_models.domain.geometry import Region
from sar_models.stores.readers import open_slide
from sar_models.synthesis.stacks.kept import kept_stack
from sar_models.synthesis.stacks.real import slide_stack, tile_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sar_models.synthesis.stacks.files import TileFiles
    from sar_models.synthesis.stacks.stack import Stack

_REGION_EVERY = 6
"""One region of tiles in so many is for validation."""


@dataclass(frozen=True, eq=False)
class Collection:
    """Stacks of one kind.

    Parameters
    ----------
    training, validation : tuple of Stack
        No group is in both.
    """

    training: tuple[Stack, ...]
    validation: tuple[Stack, ...]


def collect_generated(
    folder: Path, seeds: Sequence[int], held_out: int, progress: Callable[[str, float], None]
) -> Collection:
    """Draw stacks, or read those that ``folder`` keeps from before.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    seeds : sequence of int
    held_out : int
        How many of the last ones are for validation.
    progress : callable
        Called with what is done and the fraction of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stacks = []
    for number, seed in enumerate(seeds):
        progress("drawing tissue", number / len(seeds))
        stacks.append(kept_stack(folder, seed))
    first_held = len(stacks) - held_out
    return Collection(tuple(stacks[:first_held]), tuple(stacks[first_held:]))


def collect_tiles(
    tiles: Sequence[TileFiles],
    progress: Callable[[str, float], None],
    *,
    only_held_out: bool = False,
) -> Collection:
    """Read tiles; every sixth region by name is for validation, and maybe all that is wanted.

    Raises
    ------
    InputError
        If a picture cannot be read, or is no tile.
    """
    held = set(sorted({tile.group for tile in tiles})[::_REGION_EVERY])
    if only_held_out:
        tiles = [tile for tile in tiles if tile.group in held]
    training: list[Stack] = []
    validation: list[Stack] = []
    for number, tile in enumerate(tiles):
        progress("reading tiles", number / len(tiles))
        stack = tile_stack(tile.name, tile.group, _pixels(tile.he), _grey(tile.channels))
        (validation if tile.group in held else training).append(stack)
    return Collection(tuple(training), tuple(validation))


def collect_slides(slides: Sequence[Path], progress: Callable[[str, float], None]) -> Collection:
    """Read slides, all to learn from.

    Raises
    ------
    SlideError
        If one cannot be read.
    """
    stacks = []
    for number, path in enumerate(slides):
        progress("reading slides", number / len(slides))
        stacks.append(slide_stack(path.stem, _pixels(path)))
    return Collection(tuple(stacks), ())


def _pixels(path: Path) -> NDArray[np.uint8]:
    """Return all pixels at full resolution, ``(H, W, 3)``."""
    with open_slide(path) as slide:
        size = slide.info.size
        return slide.read(0, Region(0, 0, size.width, size.height))


def _grey(path: Path) -> NDArray[np.uint8]:
    """Return fluorescence channels ``(4 * H, W)``."""
    pixels = _pixels(path)
    if np.ptp(pixels, axis=2).any():
        raise InputError(
            f"{str(path)!r} has colours",
            remedy="Expected are fluorescence channels in grey, stacked vertically.",
        )
    return pixels[..., 0]
