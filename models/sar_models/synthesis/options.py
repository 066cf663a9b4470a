"""What to generate: the options of a pair, and what a seed decides where they are silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.synthesis.deformation import Pose
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.stains import STAINS, Stain, stain_named
from sar_models.synthesis.tissue.organ import ORGANS, Organ, draw_organ
from sar_models.synthesis.tissue.outline import OUTLINE_KINDS, OutlineKind

PairKind = Literal["true", "unrelated", "near-miss", "mosaic", "two-levels", "blank"]
PAIR_KINDS: tuple[PairKind, ...] = get_args(PairKind)


@dataclass(frozen=True)
class PairOptions:
    """What to generate. ``None`` leaves a choice to the seed."""

    kind: PairKind = "true"
    """``true``: two sections of one block. ``unrelated``: another organ. ``near-miss``: another
    region of the same organ. ``mosaic``: the right slide, cut into squares and shuffled.
    ``two-levels``: the right section twice on the target. ``blank``: empty glass."""
    size_px: int = 1000
    """Long side of the source slide; the tissue takes 84 % of it."""
    mpp: float = 4.0
    """Micrometres per pixel of the source."""
    target_mpp: float | None = None
    """Micrometres per pixel of the target; the source's when ``None``."""
    organ: str | None = None
    """Archetype of the tissue, one of `ORGANS`."""
    outline: OutlineKind | None = None
    """How the tissue was taken; mostly resections."""
    source_stain: str = "he"
    """Name of the stain of the source, one of `STAINS`."""
    target_stain: str | None = None
    """Name of the stain of the target; an immunostain, now and then trichrome or HE."""
    turn_deg: float | None = None
    """Turn of the target against the source, clockwise on screen."""
    mirror: bool | None = None
    """Whether the target section was mounted upside down."""
    scale: float | None = None
    """Shrinkage of the target section: 0.97 to 1.03 when drawn."""
    warp_rms_um: float = 18.0
    """Root mean square of the smooth deformation."""
    warp_length_um: float = 650.0
    """Distance over which the deformation changes."""
    section_change: float = 0.5
    """How much the sections differ below the level of glands, 0 to 1."""
    jpeg: bool = True
    """Whether the pictures go through JPEG; off where a pyramid is compressed anyway."""

    def __post_init__(self) -> None:
        if self.kind not in PAIR_KINDS:
            raise OptionError(
                f"Unknown kind of pair {self.kind!r}",
                remedy=f"Use one of {', '.join(PAIR_KINDS)}.",
            )
        if self.size_px < 64:
            raise OptionError(f"A slide of {self.size_px!r} px is too small", remedy="Take 64 on.")
        for name in ("mpp", "target_mpp", "scale"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise OptionError(f"{name} is {value!r}, expected a positive number")
        if not 0.0 <= self.section_change <= 1.0:
            raise OptionError(f"section_change is {self.section_change!r}, expected 0 to 1")


@dataclass(frozen=True)
class Choices:
    """The options with everything decided."""

    organ: Organ
    other_organ: Organ
    outline: OutlineKind
    mpp: float
    target_mpp: float
    source_stain: Stain
    target_stain: Stain
    pose: Pose


def decide(seed: int, options: PairOptions) -> Choices:
    """Decide by ``seed`` what ``options`` leave open.

    All is drawn in any case, so that fixing one choice does not change another.
    """
    rng = stream(seed, "options")
    name = options.organ or str(rng.choice(sorted(ORGANS)))
    other = str(rng.choice(sorted(set(ORGANS) - {name})))
    outline = OUTLINE_KINDS[int(rng.choice(len(OUTLINE_KINDS), p=[0.7, 0.15, 0.15]))]
    stain = str(rng.choice(sorted(set(STAINS) - {options.source_stain})))
    turn, mirror = float(rng.uniform(-180, 180)), bool(rng.random() < 0.5)
    scale, stretch = float(rng.uniform(0.97, 1.03)), float(rng.uniform(0.985, 1.015))
    return Choices(
        organ=draw_organ(sub_seed(seed, "organ"), name),
        other_organ=draw_organ(sub_seed(seed, "other organ"), other),
        outline=options.outline or outline,
        mpp=options.mpp,
        target_mpp=options.target_mpp or options.mpp,
        source_stain=stain_named(options.source_stain),
        target_stain=stain_named(options.target_stain or stain),
        pose=Pose(
            turn_deg=turn if options.turn_deg is None else options.turn_deg,
            mirror=mirror if options.mirror is None else options.mirror,
            scale=options.scale or scale,
            stretch=stretch if options.scale is None else 1.0,
        ),
    )
