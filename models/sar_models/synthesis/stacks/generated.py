"""Stacks of generated tissue: two neighbouring sections of one scene."""

from __future__ import annotations

from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.stacks.stack import LONG_SIDE_PX, Stack, stacked
from sar_models.synthesis.tissue.organ import ORGANS, draw_organ
from sar_models.synthesis.tissue.outline import OUTLINE_KINDS
from sar_models.synthesis.tissue.render import COMPONENTS, draw
from sar_models.synthesis.tissue.scene import draw_scene
from sar_models.synthesis.tissue.section import cut

_LENGTHS_UM = (1800.0, 4600.0)
_CHANGES = (0.3, 0.85)
_STEP_UM = 4.0


def generated_stack(seed: int) -> Stack:
    """Generate a stack; seeds take turns through organs and outlines.

    Parameters
    ----------
    seed : int
        Non-negative. Equal seeds give equal stacks.
    """
    rng = stream(seed, "stack")
    organ = sorted(ORGANS)[seed % len(ORGANS)]
    outline = OUTLINE_KINDS[int(rng.choice(len(OUTLINE_KINDS), p=[0.7, 0.15, 0.15]))]
    length = float(rng.uniform(*_LENGTHS_UM))
    change = float(rng.uniform(*_CHANGES))
    scene = draw_scene(
        sub_seed(seed, "stack scene"), draw_organ(sub_seed(seed, "organ"), organ), length, outline
    )
    step = max(min(_STEP_UM, length / LONG_SIDE_PX), 2.0)
    sections = []
    for number in (0, 1):
        amounts = draw(cut(scene, number, change), step, frozenset(COMPONENTS))
        sections.append([amounts.planes[name] for name in COMPONENTS])
    return stacked(f"generated-{seed}", f"generated-{seed}", sections, LONG_SIDE_PX)
