"""One-to-one assignment: which tissue is held by a placed piece, and which is still free."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.fragments.hypothesis import Sections, Side, other
from sar_models.engine.fragments.pieces import (
    MIN_SHARE,
    SLIVER,
    pieces_of,
    split_at_cracks,
)
from sar_models.engine.masks import opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.fragments.hypothesis import Hypothesis
    from sar_models.engine.fragments.placed import Placed

    Mask = NDArray[np.bool_]

AGAIN_SHARE = 0.05
"""Smallest piece that is searched more than once, of all tissue on its slide."""
TAKEN = 0.5
"""Share of the tissue of a piece, or of its place, from which on it is another piece's."""


@dataclass(frozen=True, eq=False)
class Conflict:
    """A piece that fits, as clearly, where another one was placed: repeated levels of a block.

    Parameters
    ----------
    hypothesis : Hypothesis
        The later one.
    rivals : tuple of int
        Placed pieces on whose tissue it lies.
    """

    hypothesis: Hypothesis
    rivals: tuple[int, ...]


@dataclass
class Assignment:
    """Pieces in the making.

    Parameters
    ----------
    sections : Sections
    placed : list of Placed
        In the order in which they were accepted.
    conflicts : list of Conflict
    levels : list of Hypothesis
        Pieces that fit several places equally well.
    """

    sections: Sections
    placed: list[Placed] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    levels: list[Hypothesis] = field(default_factory=list)
    free: dict[Side, Mask] = field(init=False)

    def __post_init__(self) -> None:
        self.free = {
            "source": self.sections.tissue("source"),
            "target": self.sections.tissue("target"),
        }

    def taken(self, side: Side) -> Mask:
        """Return tissue of a side that placed pieces hold."""
        return np.asarray(self.sections.tissue(side) & ~self.free[side])

    def rivals(self, hypothesis: Hypothesis) -> tuple[int, ...]:
        """Return the placed pieces that hold most of the place of a hypothesis."""
        side = other(hypothesis.side)
        there = hypothesis.footprint(self.free[side].shape) & self.sections.tissue(side)
        if (there & self.taken(side)).sum() < TAKEN * max(int(there.sum()), 1):
            return ()
        return tuple(
            index
            for index, piece in enumerate(self.placed)
            if (there & piece.tissue(side)).sum() > 0.2 * there.sum()
        )

    def replaces(self, hypothesis: Hypothesis, rivals: tuple[int, ...]) -> bool:
        """Tell whether a hypothesis would take most of the tissue that placed pieces hold.

        A level that repeats is as large as the one that was placed; what merely falls within a
        larger piece is an accident of its texture.
        """
        side = other(hypothesis.side)
        there = hypothesis.footprint(self.free[side].shape)
        held = np.any([self.placed[index].tissue(side) for index in rivals], axis=0)
        return bool((there & held).sum() >= TAKEN * held.sum())

    def add(self, piece: Placed) -> None:
        """Take the tissue of a placed piece."""
        self.placed.append(piece)
        for side in self.free:
            self.free[side] &= ~piece.tissue(side)

    def dispute(self, conflict: Conflict) -> None:
        """Note that a piece fits where another one was placed; it is not searched again."""
        self.conflicts.append(conflict)
        self.free[conflict.hypothesis.side] &= ~conflict.hypothesis.piece

    def repeat(self, hypothesis: Hypothesis) -> None:
        """Note that a piece fits several places equally well; it is not searched again."""
        self.levels.append(hypothesis)
        self.free[hypothesis.side] &= ~hypothesis.piece

    def remains(self, side: Side) -> list[Mask]:
        """Return pieces of a side that are still free, without the edges of placed ones."""
        tissue = self.sections.tissue(side)
        smallest = AGAIN_SHARE * float(tissue.sum())
        free = []
        for piece in whole_pieces(self.sections, side):
            left = piece & self.free[side]
            if left.sum() < piece.sum():
                left = opened(left, SLIVER * max(tissue.shape))
            free.extend(pieces_of(left, smallest))
        return free


def whole_pieces(sections: Sections, side: Side) -> list[Mask]:
    """Return the pieces of a side ``(H, W)``, largest first; at least one."""
    tissue = sections.tissue(side)
    smallest = MIN_SHARE * float(tissue.sum())
    cracked = sections.at(side).cracked > 0.5
    parts = [
        part
        for piece in pieces_of(tissue, smallest)
        for part in split_at_cracks(piece, cracked, smallest)
    ]
    return sorted(parts, key=lambda part: -int(part.sum())) or [tissue]
