"""Files of real tissue that stacks are made from: co-registered tiles, and slides."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TILE_FOLDER, SLIDE_FOLDER = "hemit", "wsi"

_HE, _CHANNELS = "_he.jpg", "_mihc.jpg"


@dataclass(frozen=True)
class TileFiles:
    """One place in two pictures.

    Parameters
    ----------
    name, group : str
        Of the tile, and of the region that it was cut from: the name up to its last ``_``.
    he, channels : Path
        H&E, and four fluorescence channels stacked vertically.
    """

    name: str
    group: str
    he: Path
    channels: Path


@dataclass(frozen=True)
class TissueFiles:
    """What a folder of real tissue holds, by name."""

    tiles: tuple[TileFiles, ...]
    slides: tuple[Path, ...]

    def to_record(self) -> dict[str, Any]:
        """Return JSON values that tell these files from any others, wherever they lie."""
        tiles = [path for tile in self.tiles for path in (tile.he, tile.channels)]
        return {
            "tiles": {"count": len(self.tiles), "sha256": _checksum(tiles)},
            "slides": {
                "names": [path.name for path in self.slides],
                "sha256": _checksum(self.slides),
            },
        }


def find_tissue_files(folder: Path) -> TissueFiles:
    """Find ``hemit/*_he.jpg`` with their ``*_mihc.jpg``, and ``wsi/*.svs``.

    Raises
    ------
    InputError
        If either kind is missing, or a tile has only one of its pictures.
    """
    names: dict[str, list[str]] = {}
    for suffix in (_HE, _CHANNELS):
        found = _files(folder / TILE_FOLDER, f"*{suffix}")
        names[suffix] = [path.name.removesuffix(suffix) for path in found]
    alone = sorted(set(names[_HE]) ^ set(names[_CHANNELS]))
    if alone:
        raise InputError(
            f"Tile {alone[0]!r} in {str(folder / TILE_FOLDER)!r} has only one of {_HE!r} and "
            f"{_CHANNELS!r}",
            remedy="Add the other picture, or remove the tile.",
        )
    tiles = [
        TileFiles(
            name,
            name.rsplit("_", 1)[0],
            folder / TILE_FOLDER / f"{name}{_HE}",
            folder / TILE_FOLDER / f"{name}{_CHANNELS}",
        )
        for name in names[_HE]
    ]
    return TissueFiles(tuple(tiles), tuple(_files(folder / SLIDE_FOLDER, "*.svs")))


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return files by name: the order counts, as it decides which one a seed chooses."""
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not found:
        raise InputError(
            f"{str(folder)!r} holds no {pattern!r}",
            remedy=f"Give a folder with tiles in {TILE_FOLDER!r} and slides in {SLIDE_FOLDER!r}.",
        )
    return found


def _checksum(paths: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(path.name.encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
