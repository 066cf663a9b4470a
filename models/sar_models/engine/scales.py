"""Guesses of the scale between two slides whose pixel sizes are not known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sar_models.engine.section import Section

_SAME = 1.04
_WIDE_STEP = 1.12
_WIDE_COUNT = 12


def likely_scales(source: Section, target: Section) -> list[float]:
    """Return target working pixels per source working pixel, likeliest first.

    Equal scanners (one level-0 pixel is as large on both slides), equal tissue area, equal extent.
    """
    equal_pixels = source.slide_from_working.scale / target.slide_from_working.scale
    equal_area = math.sqrt(target.area_px / source.area_px)
    equal_extent = target.extent_px / source.extent_px
    return _different([equal_pixels, equal_area, equal_extent])


def wide_scales(source: Section, target: Section) -> list[float]:
    """Return scales over a factor of four to either side of equal tissue area."""
    middle = math.sqrt(target.area_px / source.area_px)
    steps = sorted(range(-_WIDE_COUNT, _WIDE_COUNT + 1), key=abs)
    return [middle * _WIDE_STEP**step for step in steps]


def _different(scales: list[float]) -> list[float]:
    kept: list[float] = []
    for scale in scales:
        if all(max(scale / other, other / scale) > _SAME for other in kept):
            kept.append(scale)
    return kept
