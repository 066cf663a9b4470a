"""Control tissue: pieces of another organ that were mounted and stained beside the section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from shapely import Polygon

from sar_models.domain.transforms import Affine
from sar_models.synthesis.deformation import Pose
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.tissue.organ import draw_organ
from sar_models.synthesis.tissue.outline import OUTLINE_KINDS
from sar_models.synthesis.tissue.scene import draw_scene
from sar_models.synthesis.tissue.section import cut
from sar_models.synthesis.torn.laying import Laid

if TYPE_CHECKING:
    from sar_models.synthesis.tissue.section import Section
    from sar_models.synthesis.torn.options import TornChoices

_LENGTHS = (0.2, 0.42)
"""Long side of a control, in block lengths."""


@dataclass(frozen=True, eq=False)
class Control:
    """A section of another organ, and how it lies on a slide."""

    section: Section
    laid: Laid


def lay_controls(
    seed: int, choices: TornChoices, count: int, block_um: float, mpp: float
) -> tuple[Control, ...]:
    """Lay ``count`` pieces of control tissue on glass, each turned; where is decided later.

    Parameters
    ----------
    seed : int
        Seed of the slide: other slides have other controls.
    choices : TornChoices
        Which organs a control may come from.
    count : int
        How many there are.
    block_um : float
        Long side of the block, which sizes follow.
    mpp : float
        Micrometres per pixel of the slide.
    """
    return tuple(_control(seed, number, choices, block_um, mpp) for number in range(count))


def _control(seed: int, number: int, choices: TornChoices, block_um: float, mpp: float) -> Control:
    rng = stream(seed, "control", number)
    own_seed = sub_seed(seed, "control scene", number)
    organ = draw_organ(own_seed, str(rng.choice(choices.other_organs)))
    outline = OUTLINE_KINDS[int(rng.choice(len(OUTLINE_KINDS), p=[0.6, 0.15, 0.25]))]
    length = float(rng.uniform(*_LENGTHS)) * block_um
    scene = draw_scene(own_seed, organ, length, outline)
    section = cut(scene, 0, 0.5)
    edge = Polygon(section.layout.edge).buffer(0)
    pose = Pose(float(rng.uniform(-180.0, 180.0)), bool(rng.random() < 0.5))
    affine = Affine.from_linear(pose.linear() / mpp, np.zeros(2))
    return Control(section, Laid(None, affine, edge.buffer(20.0), edge))
