"""Seams: where pieces end although nothing is torn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from sar_models.engine.fragments.hypothesis import SIDES, other
from sar_models.engine.fragments.placed import other_from
from sar_models.engine.masks import grown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.engine.assemble import Part
    from sar_models.engine.fragments.hypothesis import Sections, Side

    Mask = NDArray[np.bool_]

_GAP = 0.006
"""Tissue as near as this to a piece, in long sides, goes on from it."""
_SAME_PLACE = 0.02
"""Maps that differ by less, in long sides, are one: then nothing ends between their pieces."""


def seam_share(parts: Sequence[Part], sections: Sections) -> float:
    """Return how much of the pieces' outlines is a seam, 0 to 1.

    Parameters
    ----------
    parts : sequence of Part
        At least one.
    sections : Sections

    Notes
    -----
    A torn piece ends at glass on one slide at least. Where tissue goes on beside a piece on both,
    and does not follow it on either, something was cut that no section shows: pictures were
    shuffled, or pieces were found where there are none.
    """
    on_each = [_closed(parts, sections, side) for side in SIDES]
    lengths = [sum(length for _, length in closed) for closed in on_each]
    if min(lengths) == 0:
        return 0.0
    seams = sum(
        min(source, target) * (of_source + of_target)
        for (source, of_source), (target, of_target) in zip(*on_each, strict=True)
    )
    return float(seams / sum(lengths))


def _closed(parts: Sequence[Part], sections: Sections, side: Side) -> list[tuple[float, int]]:
    """Return how much of each piece's outline other tissue goes on from, and its length."""
    tissue = sections.tissue(side)
    owner = np.full(tissue.shape, -1)
    for index, part in enumerate(parts):
        owner[getattr(part, side)] = index
    gap_px = _GAP * max(tissue.shape)
    same_px = _SAME_PLACE * max(sections.tissue(other(side)).shape)
    closed = []
    for index, part in enumerate(parts):
        own = getattr(part, side)
        rim, rest = grown(own, 1) & ~own, tissue & ~own
        length = int(rim.sum())
        places = np.argwhere(rim & grown(rest, gap_px))
        if not len(places):
            closed.append((0.0, length))
            continue
        beyond = _nearest(rest, places)
        holder = owner[tuple(beyond.T)]
        points = beyond[:, ::-1].astype(np.float64) + 0.5
        here = other_from(part.registered, side).map(points)
        follows = np.zeros(len(points), dtype=np.bool_)
        for neighbour in np.unique(holder):
            if neighbour >= 0 and neighbour != index:
                there = other_from(parts[neighbour].registered, side).map(points)
                near = np.hypot(*(here - there).T) < same_px
                follows |= near & (holder == neighbour)
        closed.append((float((~follows).sum()) / length, length))
    return closed


def _nearest(mask: Mask, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the pixel ``(row, column)`` of a mask that is nearest to each of some places."""
    nearest = distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return np.asarray(nearest[:, places[:, 0], places[:, 1]].T, dtype=np.intp)
