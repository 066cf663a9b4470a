"""Generated pairs of torn tissue with known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from shapely import Polygon

from sar_models.domain.geometry import Mpp
from sar_models.synthesis.imaging import draw_look, photograph
from sar_models.synthesis.mounting import mount
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.pairs import GeneratedSlide
from sar_models.synthesis.tissue.render import draw
from sar_models.synthesis.tissue.scene import draw_scene
from sar_models.synthesis.tissue.section import cut
from sar_models.synthesis.torn.composing import Glass
from sar_models.synthesis.torn.options import THUMBNAIL_PX, TornOptions, decide_torn
from sar_models.synthesis.torn.records import TornPair
from sar_models.synthesis.torn.sides import Block, lay_source, lay_target, outlines
from sar_models.synthesis.torn.tearing import tear_up
from sar_models.synthesis.torn.truth import torn_annotations, torn_landmarks, torn_pieces

if TYPE_CHECKING:
    from sar_models.synthesis.raster import Plane
    from sar_models.synthesis.stains import Stain
    from sar_models.synthesis.tissue.outline import OutlineKind
    from sar_models.synthesis.tissue.section import Section
    from sar_models.synthesis.torn.sides import Side

TISSUE_SHARES: dict[OutlineKind, float] = {"resection": 0.78, "core": 1.2, "punch": 0.78}
"""Part of the nominal long side that the untorn tissue takes; cores are slim, and a slide of their
pieces would be small."""

_RIM_UM = 80.0
_FINEST_DRAWN_UM = 2.0


def generate_torn_pair(seed: int, options: TornOptions | None = None) -> TornPair:
    """Generate a pair of slides with torn tissue and known truth.

    Parameters
    ----------
    seed : int
        Non-negative; decides on everything that the options leave open.
    options : TornOptions or None
        What to generate; slides of about 1000 px at 4 um when ``None``.

    Raises
    ------
    OptionError
        If an option is impossible.
    """
    options = options or TornOptions()
    choices = decide_torn(seed, options)
    glass = Glass(options.size_px, options.mpp)
    length = TISSUE_SHARES[choices.outline] * options.size_px * options.mpp
    scene = draw_scene(sub_seed(seed, "scene"), choices.organ, length, choices.outline)
    # The rim of a section wanders about the scene's outline; the pieces hold all of it.
    rim = scene.outline.buffer(_RIM_UM)
    block = Block(*tear_up(stream(seed, "tears"), rim, choices.pieces, 1.0), length)
    first, second = (cut(scene, number, options.section_change) for number in (0, 1))
    deformed_um = choices.max_deformation_px * options.mpp * options.size_px / THUMBNAIL_PX
    source = lay_source(seed, choices, block, _edge(first), glass, deformed_um)
    target = lay_target(seed, choices, block, _edge(second), glass, deformed_um)
    landmarks, target_landmarks, landmark_piece = torn_landmarks(scene, source, target)
    slides = (
        _slide(sub_seed(seed, "source"), first, source, choices.source_stain, options),
        _slide(sub_seed(seed, "target"), second, target, choices.target_stain, options),
    )
    return TornPair(
        seed=seed,
        options=options,
        source=slides[0],
        target=slides[1],
        pieces=torn_pieces(source.pieces, target.pieces, choices.mirrored),
        foreign_source=outlines(source.controls),
        foreign_target=outlines(target.controls),
        landmarks=landmarks,
        target_landmarks=target_landmarks,
        landmark_piece=landmark_piece,
        annotations=torn_annotations(seed, first.layout, source),
    )


def _edge(section: Section) -> Polygon:
    return Polygon(section.layout.edge).buffer(0)


def _slide(
    seed: int, section: Section, side: Side, stain: Stain, options: TornOptions
) -> GeneratedSlide:
    """Draw, mount, stain and photograph one slide with its controls."""
    # Nuclei need two pixels to be drawn; below that the drawing is averaged down.
    step = min(options.mpp, max(_FINEST_DRAWN_UM, 0.5 * options.mpp))
    planes = mount(draw(section, step, stain.components), side.mounts, side.size, options.mpp)
    for control in side.controls:
        amounts = draw(control.section, step, stain.components)
        added = mount(amounts, control.laid.mounts, side.size, options.mpp)
        planes = {name: _together(plane, added[name]) for name, plane in planes.items()}
    look = draw_look(seed, stain, options.jpeg)
    picture = photograph(planes, stain, look, seed)
    return GeneratedSlide(picture, Mpp(options.mpp, options.mpp), stain.name)


def _together(one: Plane, other: Plane) -> Plane:
    return np.asarray(cv2.add(one, other), dtype=np.uint8)
