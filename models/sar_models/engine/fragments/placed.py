"""A piece that was found on both slides, registered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.engine.affine import FINE
from sar_models.engine.fragments.hypothesis import moved_mask, other
from sar_models.engine.masks import grown, solid
from sar_models.engine.registered import fit_affine, fit_field, pull

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Affine
    from sar_models.engine.fragments.hypothesis import Hypothesis, Sections, Side
    from sar_models.engine.protocols import Refiner
    from sar_models.engine.quality import Evidence
    from sar_models.engine.registered import Fitted, Registered
    from sar_models.engine.section import Channel, Section

FOOTPRINT_MARGIN = 0.015
"""Tissue of the other side that is shown to the registration around a piece, in long sides."""
_COVERED = 0.3
_SMALLEST_FRAME = 0.5
_SHARPER: tuple[Channel, ...] = ("haematoxylin-edges", "density-edges")
"""Scenes are smooth: nuclei and density that show a placement as well show it to the pixel."""
_AS_SHARP = 0.85
"""Share of the blocks that agree in the scene which have to agree in them."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A piece with its counterpart.

    Parameters
    ----------
    hypothesis : Hypothesis
        Where it came from.
    source, target : Section
        What was registered: the piece on its side, and tissue around its place on the other.
    registered : Registered
    evidence : Evidence
    """

    hypothesis: Hypothesis
    source: Section
    target: Section
    registered: Registered
    evidence: Evidence

    @cached_property
    def source_tissue(self) -> NDArray[np.bool_]:
        """Source tissue that came to lie on the counterpart, ``(H, W)``.

        Its lumens too: what is stained on one slide may be as pale as glass on the other.
        """
        pair, field = self.registered.pair, self.registered.field
        within = solid(pair.target_mask > 0.5).astype(np.float32)
        covered = moved_mask(
            pull(within, field) > _COVERED,
            pair.canonical_from_source.inverse(),
            self.source.mask.shape,
        )
        return np.asarray(covered & (self.source.mask > 0.5))

    @cached_property
    def target_tissue(self) -> NDArray[np.bool_]:
        """Target tissue that source tissue came to lie on, ``(H, W)``."""
        pair = self.registered.pair
        height, width = pair.shape
        rows, columns = np.nonzero(solid(pair.source_mask > 0.5))
        moved = self.registered.field.dense(height, width)[rows, columns]
        place = np.round(np.stack([columns, rows], axis=-1) + moved).astype(int)
        inside = ((place >= 0) & (place < (width, height))).all(axis=1)
        reached = np.zeros((height, width), dtype=np.uint8)
        reached[place[inside, 1], place[inside, 0]] = 1
        # Where the field stretches, neighbours land two pixels apart.
        closed = cv2.morphologyEx(reached, cv2.MORPH_CLOSE, np.ones((5, 5), dtype=np.uint8))
        on_target = moved_mask(
            np.asarray(closed, dtype=np.uint8) > 0,
            pair.target_from_canonical,
            self.target.mask.shape,
        )
        return np.asarray(on_target & (self.target.mask > 0.5))

    def tissue(self, side: Side) -> NDArray[np.bool_]:
        """Return the paired tissue of a side, ``(H, W)``."""
        return self.source_tissue if side == "source" else self.target_tissue


def other_from(registered: Registered, side: Side) -> Affine:
    """Return the placement that takes working pixels of a side to those of the other one."""
    placed = registered.pair.target_from_source
    return placed if side == "source" else placed.inverse()


def around(sections: Sections, hypothesis: Hypothesis) -> tuple[Section, Section]:
    """Return source and target, each masked to the piece or to the surroundings of its place."""
    side = hypothesis.side
    opposite = sections.at(other(side))
    near = grown(
        hypothesis.footprint(opposite.mask.shape), FOOTPRINT_MARGIN * max(opposite.mask.shape)
    )
    piece, place = sections.at(side).masked(hypothesis.piece), opposite.masked(near)
    return (piece, place) if side == "source" else (place, piece)


def fit_hypothesis(sections: Sections, hypothesis: Hypothesis, device: torch.device) -> Fitted:
    """Refine a hypothesis as an affine placement, and measure it."""
    source, target = around(sections, hypothesis)
    share = _share(sections, hypothesis)
    levels = [level._replace(size_px=round(level.size_px * share)) for level in FINE]
    return fit_affine(
        source,
        target,
        hypothesis.target_from_source,
        device,
        hypothesis.channel,
        levels=levels,
    )


def place(
    sections: Sections,
    hypothesis: Hypothesis,
    fitted: Fitted,
    evidence: Evidence,
    refiner: Refiner,
    device: torch.device,
) -> Placed:
    """Register a hypothesis that was accepted, in the channel that shows it most sharply."""
    source, target = around(sections, hypothesis)
    if hypothesis.channel == "scene":
        at = fitted.pair.target_from_source
        seen = [
            fit_affine(source, target, at, device, channel, keep_placement=True)
            for channel in _SHARPER
        ]
        sharpest = max(seen, key=lambda other: other.support)
        if sharpest.support >= _AS_SHARP * fitted.support:
            fitted = sharpest
    share = _share(sections, hypothesis)
    registered = fit_field(fitted, device, refiner, share=share)
    return Placed(hypothesis, source, target, registered, evidence)


def _share(sections: Sections, hypothesis: Hypothesis) -> float:
    """Return the long side of a piece over that of its section.

    A piece is looked at as closely as it would be as a part of its section, not more.
    """
    section = sections.at(hypothesis.side)
    share = section.masked(hypothesis.piece).extent_px / section.extent_px
    return max(share, _SMALLEST_FRAME)
