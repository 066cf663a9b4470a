"""One-to-one assignment: the clearest piece first, each taking its tissue from what is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.fragments.hypothesis import Sections, Side, find_hypothesis, other
from sar_models.engine.fragments.pieces import MIN_SHARE, opened, pieces_of
from sar_models.engine.fragments.placed import Placed, fit_hypothesis, place
from sar_models.engine.quality import ALIGNED_FROM, PARTIAL_FROM, weigh

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from numpy.typing import NDArray

    from sar_models.engine.fragments.hypothesis import Hypothesis
    from sar_models.engine.protocols import PoseSearch, Refiner

    Mask = NDArray[np.bool_]

_HOPEFUL_SUPPORT = 0.4
"""Support that a placement is credited with before it is measured: more is rarely seen where the
pose is in doubt, so that what fails with it need not be fitted."""
_TAKEN = 0.5
"""Share of a piece's place that makes it a conflict when another piece has taken it."""
_MIN_CHUNK_SHARE = 0.1
_SLIVER = 0.012
"""Remains narrower than this share of the long side are edges of placed pieces, not tissue."""


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

    def remains(self, side: Side, min_share: float) -> list[Mask]:
        """Return pieces of a side that are still free, without the edges of placed ones."""
        tissue = self.sections.tissue(side)
        inner = opened(self.free[side], _SLIVER * max(tissue.shape)) if self.placed else tissue
        return pieces_of(inner, min_share * float(tissue.sum()))


@dataclass(frozen=True, eq=False)
class Assigner:
    """Places pieces one by one.

    Parameters
    ----------
    search : PoseSearch
        For one piece.
    refiner : Refiner
    device : torch.device
    progress : callable
        Called with the fraction done.
    """

    search: PoseSearch
    refiner: Refiner
    device: torch.device
    progress: Callable[[float], None]

    def assign(self, sections: Sections) -> Assignment:
        """Return the pieces of both sections, paired as far as the evidence goes."""
        work = Assignment(sections)
        pieces = {side: work.remains(side, MIN_SHARE) for side in work.free}
        # Pieces of the slide with more of them are likelier to lie within one of the other's.
        first: Side = "source" if len(pieces["source"]) > len(pieces["target"]) else "target"
        self._settle(work, first, pieces[first], 0.0, 0.6)
        self._settle(work, other(first), work.remains(other(first), MIN_SHARE), 0.6, 0.8)
        return work

    def _settle(
        self, work: Assignment, side: Side, pieces: list[Mask], begin: float, end: float
    ) -> None:
        """Search pieces of a side, and search again those that the first placed ones disturbed."""
        for attempt in range(2):
            found = []
            for index, piece in enumerate(pieces):
                share = (attempt + index / len(pieces)) / 2
                self.progress(begin + (end - begin) * share)
                hypothesis = find_hypothesis(
                    work.sections, side, piece, work.free[other(side)], self.search, self.device
                )
                if hypothesis is not None:
                    found.append(hypothesis)
            before = len(work.placed)
            left = self._accept(work, found)
            if len(work.placed) == before or not left:
                return
            pieces = [hypothesis.piece for hypothesis in left]

    def _accept(self, work: Assignment, found: list[Hypothesis]) -> list[Hypothesis]:
        """Place hypotheses, the clearest first; return those that were not."""
        left = []
        for hypothesis in sorted(found, key=lambda h: -_promise(h)):
            if _promise(hypothesis) < PARTIAL_FROM:
                left.append(hypothesis)
                continue
            fitted = fit_hypothesis(work.sections, hypothesis, self.device)
            evidence = weigh(hypothesis.ranking.alone, fitted.support)
            rivals = work.rivals(hypothesis)
            if rivals:
                if evidence.total >= ALIGNED_FROM:
                    work.conflicts.append(Conflict(hypothesis, rivals))
                else:
                    left.append(hypothesis)
            elif len(hypothesis.ranking.best) > 1 and (
                weigh(hypothesis.ranking.together, fitted.support).total >= ALIGNED_FROM
            ):
                work.levels.append(hypothesis)
            elif evidence.total >= PARTIAL_FROM:
                work.add(
                    place(work.sections, hypothesis, fitted, evidence, self.refiner, self.device)
                )
            else:
                left.append(hypothesis)
        return left


def _promise(hypothesis: Hypothesis) -> float:
    """Return the evidence that a hypothesis may reach."""
    return weigh(hypothesis.ranking.alone, _HOPEFUL_SUPPORT).total
