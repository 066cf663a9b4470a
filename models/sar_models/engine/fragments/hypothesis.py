"""Where one piece may lie on the other slide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from sar_models.engine.affine import COARSE, Level
from sar_models.engine.ambiguity import split_candidates
from sar_models.engine.fragments.evidence import OBVIOUS, weigh_place
from sar_models.engine.placing import rank_candidates
from sar_models.engine.registered import fit_affine
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Affine
    from sar_models.engine.ambiguity import Ranking
    from sar_models.engine.placing import Candidate
    from sar_models.engine.protocols import PoseSearch
    from sar_models.engine.section import Channel, Section

Side = Literal["source", "target"]
SIDES: tuple[Side, Side] = ("source", "target")

CHANNELS: tuple[Channel, ...] = ("scene", "density-edges")
"""The scene tells most; where the like was never seen in training, density may."""
_POSES = 24
_CANDIDATES = 12
_QUICK = (Level(64, 20),)
"""Refinement before candidates are compared: as telling as a longer one, and many can be."""


@dataclass(frozen=True, eq=False)
class Sections:
    """Both sections of a pair, and their scale.

    Parameters
    ----------
    source, target : Section
    scale : float
        Target working pixels per source working pixel.
    """

    source: Section
    target: Section
    scale: float

    def at(self, side: Side) -> Section:
        """Return the section of a side."""
        return self.source if side == "source" else self.target

    def tissue(self, side: Side) -> NDArray[np.bool_]:
        """Return all tissue of a side, ``(H, W)``."""
        return np.asarray(self.at(side).mask > 0.5)


def other(side: Side) -> Side:
    """Return the opposite side."""
    return "target" if side == "source" else "source"


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """A piece of one side, and the ranked places where it may lie on the other.

    Parameters
    ----------
    side : {"source", "target"}
        Whose piece it is.
    piece : (H, W) bool
        Its tissue, working pixels of its side.
    ranking : Ranking
        Of its placements ``other_from_side``.
    support : float
        Share of blocks that agree with the first of them after a coarse fit.
    """

    side: Side
    piece: NDArray[np.bool_]
    ranking: Ranking
    support: float

    @property
    def best(self) -> Candidate:
        """The first placement."""
        return self.ranking.best[0]

    @property
    def channel(self) -> Channel:
        """What the sections were compared by."""
        return self.best.channel

    @property
    def target_from_source(self) -> Affine:
        """The first placement, source working pixels to target working pixels."""
        return self.under(self.best)

    def under(self, candidate: Candidate) -> Affine:
        """Return a placement of the piece, source working pixels to target working pixels."""
        placed = candidate.target_from_source
        return placed if self.side == "source" else placed.inverse()

    def rival(self) -> Hypothesis:
        """Return the second placement of several that fit equally well, for itself."""
        others = replace(self.ranking, best=self.ranking.best[1:])
        return replace(self, ranking=others)

    def of(self, piece: NDArray[np.bool_]) -> Hypothesis:
        """Return the same placements for more or less tissue ``(H, W)``."""
        return replace(self, piece=piece)

    def footprint(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return where the piece comes to lie on the other side, ``(H, W)`` of ``shape``."""
        return moved_mask(self.piece, self.best.target_from_source, shape)


def moved_mask(
    mask: NDArray[np.bool_], out_from_mask: Affine, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return a mask under an affine map, on a grid of ``shape``."""
    size = (int(shape[1]), int(shape[0]))
    return np.asarray(warp(mask.astype(np.float32), out_from_mask, size) > 0.5)


def find_hypotheses(
    sections: Sections,
    side: Side,
    piece: NDArray[np.bool_],
    free: NDArray[np.bool_],
    search: PoseSearch,
    device: torch.device,
    channels: Sequence[Channel] = CHANNELS,
) -> list[Hypothesis]:
    """Search a piece on the free tissue of the other side.

    Parameters
    ----------
    sections : Sections
    side : {"source", "target"}
        Whose piece it is.
    piece : (H, W) bool
        On its side.
    free : (H, W) bool
        Tissue of the other side that may hold it.
    search : PoseSearch
    device : torch.device
    channels : sequence of Channel
        What to compare the sections by, one after the other until a place is obvious.

    Returns
    -------
    list of Hypothesis
        The likeliest first; one where it is obvious, else one for each channel; none when no pose
        lays enough of the piece on tissue.
    """
    moving, fixed = sections.at(side).masked(piece), sections.at(other(side)).masked(free)
    if fixed.is_empty or moving.is_empty:
        return []
    scale = sections.scale if side == "source" else 1.0 / sections.scale
    found: list[Hypothesis] = []
    for channel in channels:
        poses = search.search(moving, fixed, scale, _POSES, channel)
        if not poses:
            continue
        candidates = rank_candidates(moving, fixed, poses[:_CANDIDATES], channel, device, _QUICK)
        ranking = split_candidates(candidates, poses, moving, fixed)
        best = ranking.best[0].target_from_source
        fitted = fit_affine(moving, fixed, best, device, channel, levels=COARSE)
        found.append(Hypothesis(side, piece, ranking, fitted.support))
        if weigh_place(ranking.alone) >= OBVIOUS:
            return found[-1:]
    return sorted(found, key=lambda hypothesis: -weigh_place(hypothesis.ranking.alone))
