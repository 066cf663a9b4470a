"""Generated tissue: organs, scenes of one block, sections through them."""

from sar_models.synthesis.tissue.organ import ORGANS, Organ, draw_organ
from sar_models.synthesis.tissue.outline import OUTLINE_KINDS, OutlineKind
from sar_models.synthesis.tissue.render import COMPONENTS, Amounts, draw
from sar_models.synthesis.tissue.scene import Scene, draw_scene
from sar_models.synthesis.tissue.section import Section, cut

__all__ = [
    "COMPONENTS",
    "ORGANS",
    "OUTLINE_KINDS",
    "Amounts",
    "Organ",
    "OutlineKind",
    "Scene",
    "Section",
    "cut",
    "draw",
    "draw_organ",
    "draw_scene",
]
