"""The frozen sets: torn pairs that are scored and never tuned on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.synthesis.tissue.organ import ORGANS
from sar_models.synthesis.torn.options import ARRANGEMENTS, TornOptions

if TYPE_CHECKING:
    from sar_models.synthesis.tissue.outline import OutlineKind

TORN_VERSION = 1
"""Rises whenever the same seed and options would give other pixels or another truth."""

FIRST_FROZEN_SEED = 500_000
"""Seeds from here on are for scoring; look at and develop on those below."""

_PIECES = (1, 4, 2, 5, 3, 6, 4, 3, 5, 4, 6, 5, 6, 4, 2, 5, 3, 6, 4, 3, 6, 4)
"""Mostly many: one affine map must not do."""
_ROUNDS = 2
_LEAST_LEFT = 3
_TARGET_LOST = (1, 0, 1, 2, 0)
_SOURCE_LOST = (1, 0, 1, 1)
_TARGET_CONTROLS = (1, 0, 2, 1)
_SOURCE_CONTROLS = (0, 0, 1, 0, 0)
_MIRRORED = (0.0, 0.5, 0.34)
_CHANGE = (0.6, 0.5, 0.8)
_OUTLINES: tuple[OutlineKind, ...] = ("resection", "resection", "punch", "resection", "core")
_COUNTERPARTS = (
    *("vimentin", "panck", "cd31", "ki67", "trichrome"),
    *("vimentin", "cd3", "ki67", "cd31"),
)
_SOURCES = ("he", "he", "he", "panck", "he", "he", "trichrome", "he")


def frozen_set() -> tuple[tuple[int, TornOptions], ...]:
    """Return seeds and options of the frozen pairs of this `TORN_VERSION`, 44 of them.

    One to six pieces, all arrangements, organs and stains, with and without lost, mirrored and
    control pieces; the lists are of different lengths, so that these meet in every combination.
    """
    return tuple((FIRST_FROZEN_SEED + i, _options(i)) for i in range(_ROUNDS * len(_PIECES)))


def _options(i: int) -> TornOptions:
    # Each eleven begin elsewhere in the short lists.
    j = i + 2 * (i // 11)
    pieces = _PIECES[i % len(_PIECES)]
    arrangement = ARRANGEMENTS[j % len(ARRANGEMENTS)]
    # Where few pieces are left, one affine map would do again.
    target_lost = min(_TARGET_LOST[j % len(_TARGET_LOST)], max(pieces - _LEAST_LEFT, 0))
    spare = max(pieces - _LEAST_LEFT - target_lost, 0)
    source_lost = min(_SOURCE_LOST[j % len(_SOURCE_LOST)], spare)
    if arrangement == "whole":
        source_lost = 0
    source = _SOURCES[i % len(_SOURCES)]
    others = [stain for stain in _COUNTERPARTS if stain != source]
    return TornOptions(
        pieces=pieces,
        source_arrangement=arrangement,
        mirrored_share=_MIRRORED[(i // 2) % len(_MIRRORED)],
        target_lost=target_lost,
        source_lost=source_lost,
        target_controls=_TARGET_CONTROLS[i % len(_TARGET_CONTROLS)],
        source_controls=_SOURCE_CONTROLS[i % len(_SOURCE_CONTROLS)],
        organ=sorted(ORGANS)[i % len(ORGANS)],
        outline=_OUTLINES[i % len(_OUTLINES)],
        source_stain=source,
        target_stain=others[j % len(others)],
        section_change=_CHANGE[(i // 4) % len(_CHANGE)],
    )
