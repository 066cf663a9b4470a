"""How much a GeoJSON file may ask of the machine that reads it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sar_models.domain.errors import OptionError


@dataclass(frozen=True)
class ReadLimits:
    """Limits on what is read; a file beyond one of them is refused with the limit's name.

    The defaults hold every hand-drawn project and some hundred thousand cells, within about a
    gigabyte of memory even for a file that was made to hurt.
    """

    max_bytes: int = 256 * 2**20
    """Size of the text, after decompression."""
    max_gzip_ratio: float = 200.0
    """Text bytes per compressed byte. Coordinates reach 5 to 50, a bomb 1000."""
    max_depth: int = 100
    """Nesting of brackets: coordinates take 4, each generation of child objects 3."""
    max_values: int = 30_000_000
    """JSON values of the whole file (a vertex has three); bounds memory before parsing."""
    max_features: int = 500_000
    """Objects, children included."""
    max_vertices: int = 10_000_000
    """Vertices of all objects together."""
    max_coordinate_px: float = 1e8
    """Largest absolute coordinate; the largest slides have a few million pixels per axis."""
    max_crossings: int = 100_000
    """Crossings of one outline with itself that are repaired, in some seconds; counted on a part
    of long outlines."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not value > 0:
                raise OptionError(f"The limit {item.name} is {value!r}, expected more than 0")
