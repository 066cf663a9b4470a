"""Write pyramidal tiled TIFFs with a pixel size, in bounded memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import tifffile

from sar_models.domain.errors import OptionError, OutputExistsError
from sar_models.domain.geometry import Mpp, Region, Size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sar_models.synthesis.canvas import Canvas
    from sar_models.synthesis.imaging import Image

Flavour = Literal["ome", "aperio"]

_SMALLEST_LEVEL_PX = 512


@dataclass(frozen=True)
class PyramidOptions:
    """How a pyramid is stored."""

    flavour: Flavour = "ome"
    """``ome``: OME-TIFF with levels in SubIFDs and PhysicalSize. ``aperio``: SVS, levels as pages
    of their own, ``MPP`` in the description; openslide and tiffslide read it."""
    tile_px: int = 256
    """Side of a tile, a multiple of 16."""
    quality: int = 85
    """JPEG quality, 1 to 100."""
    downsample: int = 4
    """Size of a level over that of the next."""

    def __post_init__(self) -> None:
        if self.tile_px < 16 or self.tile_px % 16:
            raise OptionError(f"tile_px is {self.tile_px!r}, expected a multiple of 16")
        if not 1 <= self.quality <= 100:
            raise OptionError(f"quality is {self.quality!r}, expected 1 to 100")
        if self.downsample < 2:
            raise OptionError(f"downsample is {self.downsample!r}, expected 2 or more")


def write_pyramid(
    path: Path, canvas: Canvas, mpp: Mpp | None, options: PyramidOptions | None = None
) -> tuple[Size, ...]:
    """Write a canvas as a pyramid, tile by tile.

    Parameters
    ----------
    path : Path
        File to write; it appears under its name only when it is whole.
    canvas : Canvas
        What to write.
    mpp : Mpp or None
        Micrometres per level-0 pixel; ``None`` leaves it out of the file.
    options : PyramidOptions or None
        How to store it.

    Returns
    -------
    tuple of Size
        The levels, level 0 first.

    Raises
    ------
    OutputExistsError
        If the file is there already.
    """
    options = options or PyramidOptions()
    if path.exists():
        raise OutputExistsError(f"{str(path)!r} is there already", remedy="Choose another name.")
    levels = level_sizes(canvas.size, options.downsample)
    part = path.with_name(path.name + ".part")
    write = _write_ome if options.flavour == "ome" else _write_aperio
    try:
        write(part, canvas, mpp, levels, options)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return levels


def level_sizes(size: Size, downsample: int) -> tuple[Size, ...]:
    """Return the levels of a pyramid down to about 512 px on the long side."""
    levels = [size]
    while max(levels[-1].width, levels[-1].height) > _SMALLEST_LEVEL_PX:
        last = levels[-1]
        levels.append(
            Size(max(round(last.width / downsample), 1), max(round(last.height / downsample), 1))
        )
    return tuple(levels)


def _tiles(canvas: Canvas, level: Size, side: int) -> Iterator[Image]:
    """Yield the tiles of a level in the order of the file, those at the border cut short."""
    for y in range(0, level.height, side):
        for x in range(0, level.width, side):
            width, height = min(side, level.width - x), min(side, level.height - y)
            yield canvas.read(level, Region(x, y, width, height))


def _storage(level: Size, options: PyramidOptions) -> dict[str, Any]:
    return {
        "shape": (level.height, level.width, 3),
        "dtype": "uint8",
        "tile": (options.tile_px, options.tile_px),
        "photometric": "rgb",
        "compression": "jpeg",
        "compressionargs": {"level": options.quality},
        # One thread keeps at most a few tiles in memory, and CPU seconds honest.
        "maxworkers": 1,
    }


def _resolution(mpp: Mpp | None, level0: Size, level: Size) -> dict[str, Any]:
    if mpp is None:
        return {}
    per_cm = (
        1e4 / mpp.x * level.width / level0.width,
        1e4 / mpp.y * level.height / level0.height,
    )
    return {"resolution": per_cm, "resolutionunit": "CENTIMETER"}


def _write_ome(
    path: Path, canvas: Canvas, mpp: Mpp | None, levels: tuple[Size, ...], options: PyramidOptions
) -> None:
    metadata: dict[str, Any] = {"axes": "YXS"}
    if mpp is not None:
        metadata |= {
            "PhysicalSizeX": mpp.x,
            "PhysicalSizeXUnit": "µm",
            "PhysicalSizeY": mpp.y,
            "PhysicalSizeYUnit": "µm",
        }
    with tifffile.TiffWriter(path, bigtiff=True, ome=True) as tif:
        for number, level in enumerate(levels):
            where: dict[str, Any] = (
                {"subifds": len(levels) - 1, "metadata": metadata}
                if number == 0
                else {"subfiletype": 1, "metadata": None}
            )
            tif.write(
                _tiles(canvas, level, options.tile_px),
                **_storage(level, options),
                **_resolution(mpp, levels[0], level),
                **where,
            )


def _write_aperio(
    path: Path, canvas: Canvas, mpp: Mpp | None, levels: tuple[Size, ...], options: PyramidOptions
) -> None:
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        for number, level in enumerate(levels):
            tif.write(
                _tiles(canvas, level, options.tile_px),
                **_storage(level, options),
                **_resolution(mpp, levels[0], level),
                description=_aperio_description(levels[0], level, mpp, options),
                metadata=None,
            )
            if number == 0:
                # The second page of an SVS is a thumbnail in strips, and so not a level.
                small = levels[-1]
                picture = canvas.read(small, Region(0, 0, small.width, small.height))
                tif.write(
                    picture,
                    photometric="rgb",
                    rowsperstrip=16,
                    description=_aperio_description(levels[0], small, None, options),
                    metadata=None,
                )


def _aperio_description(level0: Size, level: Size, mpp: Mpp | None, options: PyramidOptions) -> str:
    side = options.tile_px
    text = (
        f"Aperio Image Library v12.0.0 \r\n{level0.width}x{level0.height} "
        f"[0,0 {level0.width}x{level0.height}] ({side}x{side}) -> {level.width}x{level.height} "
        f"JPEG/RGB Q={options.quality}"
    )
    if mpp is None:
        return text
    return f"{text}|AppMag = {10.0 / mpp.mean:g}|MPP = {mpp.mean:.6f}"
