"""Placing pieces one by one: the clearest first, each taking its tissue from what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.fragments.assignment import (
    AGAIN_SHARE,
    TAKEN,
    Assignment,
    Conflict,
    whole_pieces,
)
from sar_models.engine.fragments.evidence import LEAST_LEAD, needed, weigh_piece, weigh_place
from sar_models.engine.fragments.hypothesis import (
    CHANNELS,
    Sections,
    Side,
    find_hypotheses,
    other,
)
from sar_models.engine.fragments.pieces import MIN_SHARE, split_at_necks
from sar_models.engine.fragments.placed import fit_hypothesis, place
from sar_models.engine.fragments.trimming import following
from sar_models.engine.quality import ALIGNED_FROM, LEVEL_SUPPORT

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from numpy.typing import NDArray

    from sar_models.engine.fragments.hypothesis import Hypothesis
    from sar_models.engine.protocols import PoseSearch, Refiner
    from sar_models.engine.registered import Fitted

    Mask = NDArray[np.bool_]

_HOPE = 0.1
"""Support that a placement may gain by a finer fit: what fails with it need not be fitted."""
_RIVALS = 0.7
"""Share of the first placement's clearness that makes another one as good."""
_TRIMMINGS = 2
_RESTS = 0.4, 0.7
"""Where the search of what is left begins and ends, of all work: nobody knows how often it is."""
_MOST_KEPT = 0.95
"""Share of a piece from which on it follows as a whole."""


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
        self._settle(work, first, pieces[first], self.search, (0.0, _RESTS[0]), again=False)
        self._settle_rests(work, first)
        if work.remains(first):
            self._settle(
                work, second, work.remains(second), self.search, (_RESTS[1], 1.0), again=True
            )
        return work

    def _settle_rests(self, work: Assignment, side: Side) -> None:
        """Search what is left, and what is then left of that: pieces that touch are one at first.

        Half of such a piece lies on glass where the other half belongs.
        """
        searched: list[Mask] = []
        begin, end = _RESTS
        while work.remains(other(side)):
            rests = [
                rest
                for rest in self._divided(work, side)
                if not any(np.array_equal(rest, before) for before in searched)
            ]
            if not rests:
                return
            middle = 0.5 * (begin + end)
            self._settle(work, side, rests, self.hard_search, (begin, middle), again=True)
            searched, begin = [*searched, *rests], middle

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
        search: PoseSearch,
        span: tuple[float, float],
        *,
        again: bool,
    ) -> None:
        """Search pieces of a side, and place those that are clear, the clearest first."""
        found: list[Hypothesis] = []
        for index, piece in enumerate(pieces):
            self.progress(span[0] + (span[1] - span[0]) * index / len(pieces))
            free = work.free[other(side)]
            channels = CHANNELS[:1] if again else CHANNELS
            found += find_hypotheses(
                work.sections, side, piece, free, search, self.device, channels
            )
        for hypothesis in sorted(found, key=lambda h: -_promise(h)):
            # Its other hypothesis may have been clearer.
            untouched = work.free[side][hypothesis.piece].mean() > TAKEN
            share = float(hypothesis.piece.sum()) / float(work.sections.tissue(side).sum())
            least = needed(share, again=again)
            if untouched and _promise(hypothesis) >= least:
                self._accept(work, hypothesis, least)

    def _accept(self, work: Assignment, hypothesis: Hypothesis, least: float) -> None:
        """Place a hypothesis if it is clear enough, or note that it fits several places."""
        hypothesis, fitted = self._trimmed(work, hypothesis)
        ranking = hypothesis.ranking
        evidence = weigh_piece(ranking.alone, fitted.support)
        rivals = work.rivals(hypothesis)
        if rivals:
            clearest = max(work.placed[index].evidence.total for index in rivals)
            as_clear = evidence.total >= max(ALIGNED_FROM, _RIVALS * clearest)
            if as_clear and work.replaces(hypothesis, rivals):
                work.dispute(Conflict(hypothesis, rivals))
        elif self._repeats(work, hypothesis, fitted):
            work.repeat(hypothesis)
        elif evidence.total >= least and weigh_place(ranking.alone) >= LEAST_LEAD:
            work.add(place(work.sections, hypothesis, fitted, evidence, self.refiner, self.device))

    def _repeats(self, work: Assignment, hypothesis: Hypothesis, fitted: Fitted) -> bool:
        """Tell whether a piece fits a second place as clearly: a level of the block again."""
        ranking = hypothesis.ranking
        if len(ranking.best) < 2 or fitted.support < LEVEL_SUPPORT:
            return False
        if weigh_piece(ranking.together, fitted.support).total < ALIGNED_FROM:
            return False
        second = fit_hypothesis(work.sections, hypothesis.rival(), self.device)
        return second.support >= _RIVALS * fitted.support

    def _trimmed(self, work: Assignment, hypothesis: Hypothesis) -> tuple[Hypothesis, Fitted]:
        """Fit a hypothesis, without the parts of its piece that do not follow."""
        side = hypothesis.side
        tissue_px = float(work.sections.tissue(side).sum())
        fitted = fit_hypothesis(work.sections, hypothesis, self.device)
        for _ in range(_TRIMMINGS):
            follows = following(hypothesis.piece, tissue_px, side, fitted)
            kept = int(follows.sum())
            if kept > _MOST_KEPT * hypothesis.piece.sum() or kept < MIN_SHARE * tissue_px:
                break
            trimmed = hypothesis.of(follows)
            there = work.sections.tissue(other(side))
            if not (trimmed.footprint(there.shape) & there).any():
                # What was left out is all that lay on tissue.
                break
            hypothesis = trimmed
            fitted = fit_hypothesis(work.sections, hypothesis, self.device)
        return hypothesis, fitted


def _promise(hypothesis: Hypothesis) -> float:
    """Return the evidence that a hypothesis may reach."""
    return weigh_piece(hypothesis.ranking.alone, hypothesis.support + _HOPE).total
