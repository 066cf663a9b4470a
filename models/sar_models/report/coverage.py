"""How much of the tissue found its counterpart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Outline


def paired_share_source(alignment: Alignment) -> float:
    """Return the share of the source's tissue area that has a counterpart; NaN without tissue."""
    transform = alignment.transform
    return _share((f.source for f in transform.fragments), transform.unpaired_source)


def paired_share_target(alignment: Alignment) -> float:
    """Return the share of the target's tissue area that has a counterpart; NaN without tissue."""
    transform = alignment.transform
    return _share((f.target for f in transform.fragments), transform.unpaired_target)


def _share(paired: Iterable[Outline], unpaired: Iterable[Outline]) -> float:
    # Outlines may overlap or touch themselves; only valid ones can be united.
    found = shapely.union_all([shapely.make_valid(outline) for outline in paired])
    lost = shapely.union_all([shapely.make_valid(outline) for outline in unpaired])
    whole = found.area + lost.difference(found).area
    return float(found.area / whole) if whole > 0 else float("nan")
