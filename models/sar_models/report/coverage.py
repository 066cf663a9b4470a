"""How much of the tissue found its counterpart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Outline


def placed_pieces(alignment: Alignment) -> int:
    """Return how many pieces were placed one by one; 0 where one map was made for all tissue."""
    count = len(alignment.fragments)
    return count if count > 1 or "pieces" in alignment.quality.metrics else 0


def paired_share_source(alignment: Alignment) -> float:
    """Return the share of the source's tissue area that has a counterpart; NaN without tissue.

    The engine's own figure where it gives one, so that all that is said agrees; else by outlines.
    """
    transform = alignment.transform
    told = alignment.quality.metrics.get("paired_source_share")
    if told is not None:
        return told
    return _share((f.source for f in transform.fragments), transform.unpaired_source)


def paired_share_target(alignment: Alignment) -> float:
    """Return the share of the target's tissue area that has a counterpart; NaN without tissue.

    The engine's own figure where it gives one, so that all that is said agrees; else by outlines.
    """
    transform = alignment.transform
    told = alignment.quality.metrics.get("paired_target_share")
    if told is not None:
        return told
    return _share((f.target for f in transform.fragments), transform.unpaired_target)


def unpaired_px2_source(alignment: Alignment) -> float:
    """Return the area of the source's tissue without a counterpart, level-0 pixels squared."""
    transform = alignment.transform
    return _areas((f.source for f in transform.fragments), transform.unpaired_source)[1]


def unpaired_px2_target(alignment: Alignment) -> float:
    """Return the area of the target's tissue without a counterpart, level-0 pixels squared."""
    transform = alignment.transform
    return _areas((f.target for f in transform.fragments), transform.unpaired_target)[1]


def _share(paired: Iterable[Outline], unpaired: Iterable[Outline]) -> float:
    found, lost = _areas(paired, unpaired)
    whole = found + lost
    return found / whole if whole > 0 else float("nan")


def _areas(paired: Iterable[Outline], unpaired: Iterable[Outline]) -> tuple[float, float]:
    """Return the areas of paired tissue, and of what is left of the unpaired beside it."""
    # Outlines may overlap or touch themselves; only valid ones can be united.
    found = shapely.union_all([shapely.make_valid(outline) for outline in paired])
    lost = shapely.union_all([shapely.make_valid(outline) for outline in unpaired])
    return float(found.area), float(lost.difference(found).area)
