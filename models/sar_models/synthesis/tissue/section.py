"""A section: what one cut through a scene shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.synthesis.tissue.cells import capillaries, goblets, nuclei, red_cells
from sar_models.synthesis.tissue.layout import Layout, lay_out

if TYPE_CHECKING:
    from sar_models.synthesis.tissue.nuclei import Nuclei
    from sar_models.synthesis.tissue.scene import Scene


@dataclass(frozen=True, eq=False)
class Section:
    """One cut through a scene: its structures and its cells."""

    layout: Layout
    nuclei: Nuclei
    goblets: Nuclei
    capillaries: Nuclei
    red_cells: Nuclei


def cut(scene: Scene, number: int, change: float) -> Section:
    """Cut section ``number`` of a scene.

    Parameters
    ----------
    scene : Scene
        The tissue.
    number : int
        Which cut; equal numbers give the same section.
    change : float
        How much sections differ, 0 to 1: about 0.3 for neighbours of 4 um, 0.8 for 20 um apart.
    """
    layout = lay_out(scene, number, change)
    return Section(
        layout=layout,
        nuclei=nuclei(layout),
        goblets=goblets(layout),
        capillaries=capillaries(layout),
        red_cells=red_cells(layout),
    )
