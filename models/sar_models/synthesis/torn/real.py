"""Tear real pairs of sections: both stay as they were stained, only where they lie is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import Mpp, Size, as_points
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.pairs import GeneratedSlide
from sar_models.synthesis.torn.matte import draw_off
from sar_models.synthesis.torn.options import TornOptions, decide_torn
from sar_models.synthesis.torn.pasting import paste
from sar_models.synthesis.torn.real_sides import (
    RealSide,
    TornSection,
    lay_real_source,
    lay_real_target,
    torn_section,
)
from sar_models.synthesis.torn.records import TornPair
from sar_models.synthesis.torn.tearing import Tear, tear_up
from sar_models.synthesis.torn.thin_plate import fit_thin_plate
from sar_models.synthesis.torn.truth import torn_pieces
from sar_models.synthesis.torn.views import common_block

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sar_models.domain.geometry import Points
    from sar_models.synthesis.imaging import Image
    from sar_models.synthesis.torn.matte import Matte

REAL_MPP = 5.0
"""Micrometres per pixel that both slides are said to have."""

_RIM_LOSS_UM = 5.0


def tear_real_pair(
    source: Image,
    target: Image,
    source_landmarks: ArrayLike,
    target_landmarks: ArrayLike,
    seed: int,
    options: TornOptions | None = None,
    foreign: Image | None = None,
) -> TornPair:
    """Tear a real pair of sections into pieces that lie each in a place of its own.

    Both sections part along the same lines, carried from one to the other by a smoothing
    thin-plate spline through the landmarks, and fray each in its own way. The truth of a piece is
    that spline between its two placements: as good as the landmarks are. The landmarks themselves
    are carried along exactly.

    Parameters
    ----------
    source, target : (H, W, 3) uint8
        Pictures of both sections, RGB, at thumbnail scale (some 1000 px).
    source_landmarks, target_landmarks : (N, 2)
        A person's landmarks, row by row, pixels.
    seed : int
        Non-negative; decides on everything that the options leave open.
    options : TornOptions or None
        What to do. What concerns generated tissue (organ, outline, stains, size, ``mpp``,
        deformation, folds, change of section) does not count here.
    foreign : (H, W, 3) uint8 or None
        Other tissue, from which control pieces are taken; without it there are none.

    Raises
    ------
    OptionError
        If controls are asked for and there is no ``foreign``.
    LandmarkError
        If the landmarks are too few or do not fit together.
    InputError
        If a picture shows no tissue, or both have too little in common.
    """
    options = options or TornOptions()
    choices = decide_torn(seed, options)
    if foreign is None and (options.target_controls or options.source_controls):
        raise OptionError(
            "Control tissue is asked for and no foreign picture was given",
            remedy="Give a picture of other tissue, or set the controls to 0.",
        )
    here, there = as_points(source_landmarks), as_points(target_landmarks)
    truth = fit_thin_plate(here, there, Size(source.shape[1], source.shape[0]))
    mattes = draw_off(source), draw_off(target)
    block = common_block(sub_seed(seed, "block"), *mattes, truth)
    unit = 1.0 / REAL_MPP
    cells, tears = tear_up(stream(seed, "tears"), block, choices.pieces, unit)
    rim = Tear(np.asarray(block.exterior.coords), _RIM_LOSS_UM * unit)
    whole = choices.arrangement == "whole"
    first = torn_section(
        sub_seed(seed, "source"), mattes[0], cells, (rim,) if whole else (*tears, rim), unit
    )
    second = torn_section(
        sub_seed(seed, "target"), mattes[1], cells, (*tears, rim), unit, carried_by=truth
    )
    other = None if foreign is None else draw_off(foreign)
    sides = (
        lay_real_source(seed, choices, first, other),
        lay_real_target(seed, choices, second, other),
    )
    owner = _owners(here, there, (first, second), sides)
    kept = owner >= 0
    return TornPair(
        seed=seed,
        options=options,
        source=_slide(sub_seed(seed, "source"), sides[0], mattes[0], options),
        target=_slide(sub_seed(seed, "target"), sides[1], mattes[1], options),
        pieces=torn_pieces(sides[0].pieces, sides[1].pieces, choices.mirrored, truth),
        foreign_source=sides[0].foreign,
        foreign_target=sides[1].foreign,
        landmarks=_carried(here[kept], owner[kept], sides[0]),
        target_landmarks=_carried(there[kept], owner[kept], sides[1]),
        landmark_piece=owner[kept],
        annotations=(),
    )


def _owners(
    here: Points, there: Points, sections: tuple[TornSection, ...], sides: tuple[RealSide, ...]
) -> NDArray[np.intp]:
    """Return the piece that shows each landmark on both slides, (N,); -1 for none."""
    owner = np.full(len(here), -1, dtype=np.intp)
    for index, lying in enumerate(zip(*(side.pieces for side in sides), strict=True)):
        if None not in lying:
            seen = [
                shapely.contains_xy(section.tissue[index], places)
                for section, places in zip(sections, (here, there), strict=True)
            ]
            owner[seen[0] & seen[1]] = index
    return owner


def _carried(places: Points, owner: NDArray[np.intp], side: RealSide) -> Points:
    """Move landmarks (N, 2) with the piece of each to the pixels of the slide."""
    moved = np.empty_like(places)
    for index, piece in enumerate(side.pieces):
        if piece is not None:
            moved[owner == index] = piece.affine.map(places[owner == index])
    return moved


def _slide(seed: int, side: RealSide, glass: Matte, options: TornOptions) -> GeneratedSlide:
    image = paste(seed, glass, side.pasted, side.size, options.jpeg)
    return GeneratedSlide(image, Mpp(REAL_MPP, REAL_MPP), "real")
