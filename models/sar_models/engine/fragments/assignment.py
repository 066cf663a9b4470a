"""One-to-one assignment: the clearest piece first, each taking its tissue from what is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.fragments.hypothesis import Sections, Side, find_hypothesis, other
from sar_models.engine.fragments.pieces import (
    MIN_SHARE,
    SLIVER,
    pieces_of,
    split_at_cracks,
    split_at_necks,
)
from sar_models.engine.fragments.placed import Placed, fit_hypothesis, place
from sar_models.engine.fragments.trimming import following
from sar_models.engine.masks import opened
from sar_models.engine.quality import ALIGNED_FROM, PARTIAL_FROM, weigh, weigh_pose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from numpy.typing import NDArray

    from sar_models.engine.fragments.hypothesis import Hypothesis
    from sar_models.engine.protocols import PoseSearch, Refiner
    from sar_models.engine.registered import Fitted
    from sar_models.engine.section import Channel

    Mask = NDArray[np.bool_]

_HOPEFUL_SUPPORT = 0.4
"""Support that a placement is credited with before it is measured: more is rarely seen where the
pose is in doubt, so that what fails with it need not be fitted."""
AGAIN_SHARE = 0.03
"""Smallest piece that is searched more than once, of all tissue on its slide."""
_SMALL_SHARE, _LARGE_SHARE = 0.04, 0.1
_SUSPECT_NECK = 0.8
"""Necks that are looked at where a piece was placed: what is beyond may belong elsewhere."""
_TAKEN = 0.5
"""Share of a piece's place that makes it a conflict when another piece has taken it."""


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

    @property
    def telling_channel(self) -> Channel:
        """What showed the clearest piece so far: it tells what the stains have in common."""
        if not self.placed:
            return "haematoxylin"
        return max(self.placed, key=lambda piece: piece.evidence.total).hypothesis.channel

    def taken(self, side: Side) -> Mask:
        """Return tissue of a side that placed pieces hold."""
        return np.asarray(self.sections.tissue(side) & ~self.free[side])

    def rivals(self, hypothesis: Hypothesis) -> tuple[int, ...]:
        """Return the placed pieces that hold most of the place of a hypothesis."""
        side = other(hypothesis.side)
        there = hypothesis.footprint(self.free[side].shape) & self.sections.tissue(side)
        if (there & self.taken(side)).sum() < _TAKEN * max(int(there.sum()), 1):
            return ()
        return tuple(
            index
            for index, piece in enumerate(self.placed)
            if (there & piece.tissue(side)).sum() > 0.2 * there.sum()
        )

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


@dataclass(frozen=True, eq=False)
class Assigner:
    """Places pieces one by one.

    Parameters
    ----------
    search, hard_search : PoseSearch
        For one piece, and for one that the first did not find.
    refiner : Refiner
    device : torch.device
    progress : callable
        Called with the fraction done.
    """

    search: PoseSearch
    hard_search: PoseSearch
    refiner: Refiner
    device: torch.device
    progress: Callable[[float], None]

    def assign(self, sections: Sections) -> Assignment:
        """Return the pieces of both sections, paired as far as the evidence goes."""
        work = Assignment(sections)
        pieces = {side: whole_pieces(sections, side) for side in work.free}
        # Pieces of the slide with more of them are likelier to lie within one of the other's.
        first: Side = "source" if len(pieces["source"]) > len(pieces["target"]) else "target"
        second = other(first)
        self._settle(work, first, pieces[first], [(self.search, "haematoxylin")], (0.0, 0.4))
        if work.remains(second):
            # Some stains hide or invert nuclei, and some textures are too fine for this search.
            again = [(self.search, "density"), (self.hard_search, work.telling_channel)]
            self._settle(work, first, self._divided(work, first), again, (0.4, 0.7))
        if work.remains(first):
            looks = [(self.search, work.telling_channel)]
            self._settle(work, second, work.remains(second), looks, (0.7, 1.0))
        return work

    def _divided(self, work: Assignment, side: Side) -> list[Mask]:
        """Return what is searched once more: what is left, cut at its necks."""
        smallest = AGAIN_SHARE * float(work.sections.tissue(side).sum())
        return [
            part
            for piece in work.remains(side)
            for part in split_at_necks(piece, smallest)
            if part.sum() >= smallest
        ]

    def _settle(
        self,
        work: Assignment,
        side: Side,
        pieces: list[Mask],
        looks: Sequence[tuple[PoseSearch, Channel]],
        span: tuple[float, float],
    ) -> None:
        """Search pieces of a side, and place those that are clear, the clearest first."""
        found = []
        for index, piece in enumerate(pieces):
            self.progress(span[0] + (span[1] - span[0]) * index / len(pieces))
            hypotheses = [
                find_hypothesis(
                    work.sections, side, piece, work.free[other(side)], search, channel, self.device
                )
                for search, channel in looks
            ]
            known = [hypothesis for hypothesis in hypotheses if hypothesis is not None]
            if known:
                found.append(max(known, key=lambda h: weigh_pose(h.ranking.alone)))
        for hypothesis in sorted(found, key=lambda h: -_promise(h)):
            if _promise(hypothesis) >= _needed(work, hypothesis):
                self._accept(work, hypothesis)

    def _accept(self, work: Assignment, hypothesis: Hypothesis) -> None:
        """Place a hypothesis if it is clear enough, or note that it fits several places."""
        hypothesis, fitted = self._trimmed(work, hypothesis)
        evidence = weigh(hypothesis.ranking.alone, fitted.support)
        together = weigh(hypothesis.ranking.together, fitted.support)
        rivals = work.rivals(hypothesis)
        if rivals:
            if evidence.total >= ALIGNED_FROM:
                work.dispute(Conflict(hypothesis, rivals))
        elif len(hypothesis.ranking.best) > 1 and together.total >= ALIGNED_FROM:
            work.repeat(hypothesis)
        elif evidence.total >= _needed(work, hypothesis):
            work.add(place(work.sections, hypothesis, fitted, evidence, self.refiner, self.device))

    def _trimmed(self, work: Assignment, hypothesis: Hypothesis) -> tuple[Hypothesis, Fitted]:
        """Fit a hypothesis, without the parts of its piece that do not follow."""
        side = hypothesis.side
        fitted = fit_hypothesis(work.sections, hypothesis, self.device)
        smallest = MIN_SHARE * float(work.sections.tissue(side).sum())
        parts = split_at_necks(hypothesis.piece, smallest, _SUSPECT_NECK)
        if len(parts) < 2:
            return hypothesis, fitted
        follows = following(parts, side, fitted)
        if all(follows):
            return hypothesis, fitted
        kept = np.any([part for part, does in zip(parts, follows, strict=True) if does], axis=0)
        hypothesis = hypothesis.of(np.asarray(kept))
        return hypothesis, fit_hypothesis(work.sections, hypothesis, self.device)


def _needed(work: Assignment, hypothesis: Hypothesis) -> float:
    """Return the evidence that a piece needs: small ones fit by chance more often."""
    share = float(hypothesis.piece.sum()) / float(work.sections.tissue(hypothesis.side).sum())
    return float(np.interp(share, (_SMALL_SHARE, _LARGE_SHARE), (ALIGNED_FROM, PARTIAL_FROM)))


def _promise(hypothesis: Hypothesis) -> float:
    """Return the evidence that a hypothesis may reach."""
    return weigh(hypothesis.ranking.alone, _HOPEFUL_SUPPORT).total
