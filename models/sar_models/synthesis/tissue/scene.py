"""A scene: the structures of one piece of tissue, which all sections through it share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.synthesis.tissue.glands import Glands, draw_glands
from sar_models.synthesis.tissue.ground import Extent, Ground
from sar_models.synthesis.tissue.outline import OutlineKind, draw_outline
from sar_models.synthesis.tissue.packing import wave_at
from sar_models.synthesis.tissue.zones import (
    draw_aggregates,
    draw_fat_cells,
    draw_fat_zone,
    draw_glomeruli,
    draw_tumour,
    draw_vessels,
)

if TYPE_CHECKING:
    from shapely import Polygon

    from sar_models.synthesis.noise import SmoothField
    from sar_models.synthesis.raster import Field, Raster
    from sar_models.synthesis.tissue.organ import Organ
    from sar_models.synthesis.tissue.packing import Floats, Sites


_TURN, _WIND = 1.5, 0.32
_FADE_UM = 22.0


@dataclass(frozen=True, eq=False)
class Scene:
    """Structures of one piece of tissue in the plane of its block, micrometres.

    ``outline`` is the ideal edge, ``extent`` holds everything drawn. ``grain_angle`` and
    ``grain_wave`` wind the fibres of the stroma, ``tone`` is its slow change of density.
    """

    seed: int
    organ: Organ
    outline: Polygon
    extent: Extent
    glands: Glands
    vessels: Sites
    vessel_wall_um: Floats
    glomeruli: Sites
    fat_cells: Sites
    aggregates: Sites
    tumour: Polygon | None
    grain_angle: SmoothField
    grain_wave: SmoothField
    tone: SmoothField

    def fibre_angle(self, points: Floats) -> Floats:
        """Return the direction of stroma fibres at points (N, 2) um: (N,) rad."""
        angle: Floats = _TURN * self.grain_angle.at(points) + _WIND * self.grain_wave.at(points)
        return angle

    def fibre_angle_on(self, raster: Raster) -> Field:
        """Return the direction of stroma fibres on a raster, (H, W) rad."""
        angle: Field = _TURN * self.grain_angle.on(raster) + _WIND * self.grain_wave.on(raster)
        return angle

    def lymphoid_density(self, points: Floats) -> Floats:
        """Return how far points (N, 2) um lie inside lymphoid aggregates: (N,) in 0 to 1."""
        density = np.zeros(len(points))
        bodies = self.aggregates
        for number in range(len(bodies)):
            offset = points - bodies.centre[number]
            distance = np.hypot(offset[:, 0], offset[:, 1])
            near = distance < 2.0 * bodies.radius[number] + 8.0 * _FADE_UM
            bearing = np.arctan2(offset[near, 1], offset[near, 0])
            reach = bodies.radius[number] * (1.0 + wave_at(bodies.waves[number], bearing))
            depth = np.clip((reach - distance[near]) / _FADE_UM, -30, 30)
            density[near] = np.maximum(density[near], 1.0 / (1.0 + np.exp(-depth)))
        return density


def draw_scene(
    seed: int, organ: Organ, length_um: float, outline: OutlineKind = "resection"
) -> Scene:
    """Draw one piece of tissue of an organ.

    Parameters
    ----------
    seed : int
        Seed of the piece: another seed is another region of the same organ.
    organ : Organ
        What the tissue is made of.
    length_um : float
        Long side of the piece.
    outline : {"resection", "core", "punch"}
        How the piece was taken.
    """
    blank = Ground(seed, organ, draw_outline(seed, outline, length_um))
    tumour = draw_tumour(blank)
    vessels, wall = draw_vessels(blank)
    aggregates = draw_aggregates(blank, tumour)
    glomeruli = draw_glomeruli(blank, (vessels, aggregates), tumour)
    obstacles = (vessels, aggregates, glomeruli)
    fat = draw_fat_zone(blank)
    glands = draw_glands(blank, obstacles, fat, tumour)
    return Scene(
        seed=seed,
        organ=organ,
        outline=blank.edge,
        extent=blank.extent,
        glands=glands,
        vessels=vessels,
        vessel_wall_um=wall,
        glomeruli=glomeruli,
        fat_cells=draw_fat_cells(blank, fat, glands.sites, obstacles, tumour),
        aggregates=aggregates,
        tumour=tumour,
        grain_angle=blank.field(700.0, "grain", "angle"),
        grain_wave=blank.field(organ.fibre_wave_um, "grain", "wave"),
        tone=blank.field(350.0, "tone"),
    )
