"""What to tear: the options of a torn pair, and what a seed decides where they are silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.stains import STAINS, Stain, stain_named
from sar_models.synthesis.tissue.organ import ORGANS, Organ, draw_organ
from sar_models.synthesis.tissue.outline import OUTLINE_KINDS, OutlineKind

Arrangement = Literal["whole", "near", "apart"]
ARRANGEMENTS: tuple[Arrangement, ...] = get_args(Arrangement)

MOST_PIECES = 6
MOST_CONTROLS = 3
THUMBNAIL_PX = 1000
"""Long side of a slide at thumbnail scale, the scale in which deformations are told."""


@dataclass(frozen=True)
class TornOptions:
    """What to generate. ``None`` leaves a choice to the seed."""

    pieces: int | None = None
    """Pieces that the block is torn into, 1 to 6; no piece is under 6 % of the block."""
    source_arrangement: Arrangement | None = None
    """``whole``: the source is intact. ``near``: torn, gaps opened, slight turns. ``apart``: every
    piece with its own turn and place. The target's pieces are always apart."""
    mirrored_share: float | None = None
    """Share of the pieces that lie upside down on the target, 0 to 1."""
    target_lost: int | None = None
    """Pieces that are missing on the target."""
    source_lost: int | None = None
    """Pieces that are missing on the source; none where it is whole."""
    target_controls: int | None = None
    """Pieces of another organ that were mounted on the target, 0 to 3."""
    source_controls: int | None = None
    """Pieces of another organ that were mounted on the source, 0 to 3; not those of the target."""
    size_px: int = 1000
    """Nominal long side of a slide: untorn tissue takes 78 % of it (a core 120 %), scattered
    pieces may need up to half as much again."""
    mpp: float = 4.0
    """Micrometres per pixel of both slides."""
    organ: str | None = None
    """Archetype of the tissue, one of `ORGANS`."""
    outline: OutlineKind | None = None
    """How the tissue was taken; mostly resections."""
    source_stain: str = "he"
    """Name of the stain of the source, one of `STAINS`."""
    target_stain: str | None = None
    """Name of the stain of the target; an immunostain, now and then trichrome or HE."""
    max_deformation_px: float | None = None
    """Largest smooth deformation of a piece from slide to slide, in pixels of a thumbnail of 1000
    px; 4 to 12 when drawn."""
    overlap: bool | None = None
    """Whether two pieces touch or slightly overlap on the target."""
    folds: bool | None = None
    """Whether an edge of a piece is folded over on the target."""
    section_change: float = 0.5
    """How much the sections differ below the level of glands, 0 to 1."""
    jpeg: bool = True
    """Whether the pictures go through JPEG."""

    def __post_init__(self) -> None:
        _whole_number(self, "pieces", 1, MOST_PIECES)
        for name in ("target_lost", "source_lost"):
            _whole_number(self, name, 0, MOST_PIECES - 1)
        for name in ("target_controls", "source_controls"):
            _whole_number(self, name, 0, MOST_CONTROLS)
        if self.source_arrangement not in (None, *ARRANGEMENTS):
            raise OptionError(
                f"Unknown arrangement of the source {self.source_arrangement!r}",
                remedy=f"Use one of {', '.join(ARRANGEMENTS)}.",
            )
        if self.size_px < 128:
            raise OptionError(f"A slide of {self.size_px!r} px is too small", remedy="Take 128 on.")
        if not (np.isfinite(self.mpp) and self.mpp > 0):
            raise OptionError(f"mpp is {self.mpp!r}, expected a positive number")
        for name in ("mirrored_share", "section_change"):
            _within(self, name, 1.0)
        _within(self, "max_deformation_px", 16.0)
        self._check_losses()

    def _check_losses(self) -> None:
        lost = (self.target_lost or 0) + (self.source_lost or 0)
        most = self.pieces or MOST_PIECES
        if lost >= most:
            raise OptionError(
                f"{lost} of {most} pieces are to be lost",
                remedy="At least one has to stay on both.",
            )
        if self.source_lost and self.source_arrangement == "whole":
            raise OptionError(
                f"A whole source cannot have lost {self.source_lost!r} pieces",
                remedy="Take source_arrangement='near' or 'apart', or source_lost=0.",
            )


def _whole_number(options: TornOptions, name: str, least: int, most: int) -> None:
    value = getattr(options, name)
    if value is not None and not (least <= value <= most and value == int(value)):
        raise OptionError(f"{name} is {value!r}, expected a whole number from {least} to {most}")


def _within(options: TornOptions, name: str, most: float) -> None:
    value = getattr(options, name)
    if value is not None and not 0.0 <= value <= most:
        raise OptionError(f"{name} is {value!r}, expected 0 to {most:g}")


@dataclass(frozen=True)
class TornChoices:
    """The options with everything decided; the fields are those of `TornOptions`.

    ``lost_on_source``, ``lost_on_target`` and ``mirrored`` are indices of pieces.
    """

    pieces: int
    arrangement: Arrangement
    mirrored: frozenset[int]
    lost_on_source: frozenset[int]
    lost_on_target: frozenset[int]
    target_controls: int
    source_controls: int
    organ: Organ
    other_organs: tuple[str, ...]
    outline: OutlineKind
    source_stain: Stain
    target_stain: Stain
    max_deformation_px: float
    overlap: bool
    folds: bool


def decide_torn(seed: int, options: TornOptions) -> TornChoices:
    """Decide by ``seed`` what ``options`` leave open.

    All is drawn in any case, so that fixing one choice does not change another unless it has to.
    """
    rng = stream(seed, "torn options")
    drawn = _Drawn(rng, options)
    name = options.organ or str(rng.choice(sorted(ORGANS)))
    outline = OUTLINE_KINDS[int(rng.choice(len(OUTLINE_KINDS), p=[0.7, 0.15, 0.15]))]
    stain = str(rng.choice(sorted(set(STAINS) - {options.source_stain})))
    deformation = float(rng.uniform(4.0, 12.0))
    overlap, folds = bool(rng.random() < 0.25), bool(rng.random() < 0.3)
    given = options.max_deformation_px
    return TornChoices(
        pieces=drawn.pieces,
        arrangement=drawn.arrangement,
        mirrored=drawn.mirrored,
        lost_on_source=drawn.lost_on_source,
        lost_on_target=drawn.lost_on_target,
        target_controls=drawn.target_controls,
        source_controls=drawn.source_controls,
        organ=draw_organ(sub_seed(seed, "organ"), name),
        other_organs=tuple(sorted(set(ORGANS) - {name})),
        outline=options.outline or outline,
        source_stain=stain_named(options.source_stain),
        target_stain=stain_named(options.target_stain or stain),
        max_deformation_px=deformation if given is None else given,
        overlap=overlap if options.overlap is None else options.overlap,
        folds=folds if options.folds is None else options.folds,
    )


class _Drawn:
    """How many pieces there are, and what becomes of each."""

    def __init__(self, rng: np.random.Generator, options: TornOptions) -> None:
        count = 1 + int(rng.choice(MOST_PIECES, p=[0.08, 0.2, 0.22, 0.2, 0.16, 0.14]))
        arrangement = ARRANGEMENTS[int(rng.choice(3, p=[0.4, 0.25, 0.35]))]
        share = float(rng.uniform(0.1, 0.6)) * bool(rng.random() < 0.7)
        lost_target, lost_source = int(rng.choice(3, p=[0.55, 0.33, 0.12])), int(rng.random() < 0.3)
        controls_target = int(rng.choice(4, p=[0.3, 0.45, 0.2, 0.05]))
        controls_source = int(rng.choice(3, p=[0.75, 0.2, 0.05]))
        torn = ARRANGEMENTS[1 + int(rng.random() < 0.5)]
        order, upside_down = rng.permutation(MOST_PIECES), rng.permutation(MOST_PIECES)

        needed = 1 + (options.target_lost or 0) + (options.source_lost or 0)
        self.pieces = options.pieces or max(count, needed)
        if options.source_arrangement is None and options.source_lost:
            arrangement = torn
        self.arrangement: Arrangement = options.source_arrangement or arrangement
        spare = self.pieces - 1
        if options.target_lost is None:
            lost_target = min(lost_target, spare - (options.source_lost or 0))
        else:
            lost_target = options.target_lost
        if options.source_lost is None:
            intact = self.arrangement == "whole"
            lost_source = 0 if intact else min(lost_source, spare - lost_target)
        else:
            lost_source = options.source_lost
        order = order[order < self.pieces]
        self.lost_on_target = frozenset(int(i) for i in order[:lost_target])
        self.lost_on_source = frozenset(
            int(i) for i in order[lost_target : lost_target + lost_source]
        )
        share = share if options.mirrored_share is None else options.mirrored_share
        upside_down = upside_down[upside_down < self.pieces]
        self.mirrored = frozenset(int(i) for i in upside_down[: round(share * self.pieces)])
        given_target, given_source = options.target_controls, options.source_controls
        self.target_controls = controls_target if given_target is None else given_target
        self.source_controls = controls_source if given_source is None else given_source
