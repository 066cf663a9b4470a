"""Whose tissue is whose: each side divided into placed pieces and tissue that stays alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from sar_models.engine.fragments.hypothesis import moved_mask, other
from sar_models.engine.fragments.pieces import MIN_SHARE, SLIVER, pieces_of
from sar_models.engine.fragments.placed import other_from
from sar_models.engine.masks import grown, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.engine.fragments.assignment import Assignment
    from sar_models.engine.fragments.hypothesis import Side
    from sar_models.engine.fragments.placed import Placed

    Mask = NDArray[np.bool_]

_MIN_ALONE_SHARE = 0.004
_CRUMB_REACH = 0.1
_CRUMB_COVERED = 0.5


@dataclass(frozen=True, eq=False)
class Territories:
    """One side, divided.

    Parameters
    ----------
    pieces : tuple of (H, W) bool
        Tissue of each placed piece.
    alone : (H, W) bool
        Tissue without a counterpart.
    """

    pieces: tuple[Mask, ...]
    alone: Mask


def divide(work: Assignment, placed: Sequence[Placed], side: Side) -> Territories:
    """Divide a side among the placed pieces.

    Parameters
    ----------
    work : Assignment
    placed : sequence of Placed
        At least one.
    side : {"source", "target"}

    Notes
    -----
    What registration put on the counterpart is a piece's own. Thin remains along it are its ragged
    edge; crumbs beside it are too, where its own map puts them on tissue that no other piece
    holds. All else has no counterpart.
    """
    tissue = work.sections.tissue(side)
    owner = np.full(tissue.shape, -1)
    for index, piece in enumerate(placed):
        own = piece.tissue(side) & (owner < 0)
        owner[own] = index
    sliver_px = SLIVER * max(tissue.shape)
    rest = tissue & (owner < 0)
    wide = opened(rest, sliver_px)
    alone = np.zeros_like(tissue)
    for part in pieces_of(wide, _MIN_ALONE_SHARE * float(tissue.sum())):
        if part.sum() < MIN_SHARE * tissue.sum():
            holder = _holder(work, placed, side, part, owner)
            if holder is not None:
                owner[part] = holder
                continue
        alone |= part
    alone = grown(alone, 1.5 * sliver_px) & rest & (owner < 0)
    _spread(owner, tissue & ~alone)
    return Territories(
        tuple(np.asarray(owner == index) for index in range(len(placed))), tissue & (owner < 0)
    )


def _spread(owner: NDArray[np.intp], over: Mask) -> None:
    """Give what nobody holds to the nearest piece."""
    loose = over & (owner < 0)
    if loose.any() and (owner >= 0).any():
        nearest = distance_transform_edt(owner < 0, return_distances=False, return_indices=True)
        owner[loose] = owner[tuple(axis[loose] for axis in nearest)]


def _holder(
    work: Assignment, placed: Sequence[Placed], side: Side, crumb: Mask, owner: NDArray[np.intp]
) -> int | None:
    """Return the nearest piece whose map puts a crumb on tissue that no piece holds."""
    free = work.free[other(side)]
    near = grown(crumb, _CRUMB_REACH * max(crumb.shape))
    touched, counts = np.unique(owner[near], return_counts=True)
    for index in touched[np.argsort(-counts)]:
        if index < 0:
            continue
        there = moved_mask(crumb, other_from(placed[index].registered, side), free.shape)
        if there.any() and free[there].mean() >= _CRUMB_COVERED:
            return int(index)
    return None
