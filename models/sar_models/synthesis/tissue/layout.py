"""The layout of one cut through a scene: outlines of everything larger than a cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.synthesis.raster import SHIFT, Plane, Raster
from sar_models.synthesis.tissue.outline import roughened
from sar_models.synthesis.tissue.packing import (
    Floats,
    Sites,
    draw_waves,
    outlines,
    polar,
    radii,
)
from sar_models.synthesis.tissue.variation import Variation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.synthesis.tissue.scene import Scene

GLAND_GAP_UM = 7.0
_FAT_GAP_UM = 3.2


class Site(IntEnum):
    """What lies at a place of the section."""

    GLASS = 0
    STROMA = 1
    GLAND = 2
    LUMEN = 3
    FAT = 4
    WALL = 5
    BLOOD = 6
    NEST = 7
    CLOSED = 8
    TUFT = 9


@dataclass(frozen=True, eq=False)
class Layout:
    """One cut through a scene. Polygons are stacked, (N, K, 2) um.

    ``edge`` (K, 2) is the tissue's rim; ``lumen_of`` (M,) names the gland of each lumen. Rows of
    ``glands``, ``vessels``, ``glomeruli`` and ``fat_cells`` are those of the scene.
    """

    scene: Scene
    variation: Variation
    edge: Floats
    glands: Floats
    lumens: Floats
    lumen_of: NDArray[np.intp]
    vessels: Floats
    vessel_lumens: Floats
    glomeruli: Floats
    tufts: Floats
    fat_cells: Floats

    @property
    def solid(self) -> NDArray[np.bool_]:
        """Which of ``glands`` are tumour nests, (N,)."""
        return self.scene.glands.solid

    @property
    def closed(self) -> NDArray[np.bool_]:
        """Which benign glands are cut through their wall and show no lumen, (N,)."""
        return ~self.solid & ~np.isin(np.arange(len(self.solid)), self.lumen_of)


def lay_out(scene: Scene, number: int, change: float) -> Layout:
    """Lay out section ``number`` of a scene.

    Parameters
    ----------
    scene : Scene
        The tissue.
    number : int
        Which cut; equal numbers give the same section.
    change : float
        How much sections differ, 0 to 1: about 0.3 for neighbours of 4 um, 0.8 for 20 um apart.
    """
    vary = Variation(scene.seed, number, change)
    edge = roughened(scene.outline, vary.shared("edge"), vary.fresh("edge"), change)
    glands, lumens, lumen_of = _glands(scene, vary)
    vessels = outlines(_jittered(scene.vessels, vary, "vessel", 0.03), 4.0, 96)
    blood = _vessel_lumens(scene, vary, vessels)
    capsules = outlines(_jittered(scene.glomeruli, vary, "glomerulus", 0.03), 8.0)
    fat = outlines(_jittered(scene.fat_cells, vary, "fat", 0.05), _FAT_GAP_UM, 24)
    return Layout(
        scene=scene,
        variation=vary,
        edge=edge,
        glands=glands,
        lumens=lumens,
        lumen_of=lumen_of,
        vessels=vessels,
        vessel_lumens=blood,
        glomeruli=capsules,
        tufts=_shrunk(capsules, 0.84),
        fat_cells=fat,
    )


def site_plane(section: Layout, raster: Raster) -> Plane:
    """Draw what lies where, as values of `Site`: (height, width) uint8."""
    plane = np.zeros((raster.height, raster.width), dtype=np.uint8)
    fill(plane, raster, section.edge[None], Site.STROMA)
    tissue = plane.copy()
    fill(plane, raster, section.fat_cells, Site.FAT)
    fill(plane, raster, section.glands[~section.solid], Site.GLAND)
    fill(plane, raster, section.glands[section.solid], Site.NEST)
    fill(plane, raster, section.glands[section.closed], Site.CLOSED)
    fill(plane, raster, section.lumens, Site.LUMEN)
    fill(plane, raster, section.glomeruli, Site.LUMEN)
    fill(plane, raster, section.tufts, Site.TUFT)
    fill(plane, raster, section.vessels, Site.WALL)
    fill(plane, raster, section.vessel_lumens, Site.BLOOD)
    return plane * tissue


def _shrunk(polygons: Floats, factor: float) -> Floats:
    """Shrink stacked polygons about their middles."""
    middle = polygons.mean(axis=1, keepdims=True) if len(polygons) else polygons[:, :1]
    shrunk: Floats = middle + factor * (polygons - middle)
    return shrunk


def fill(plane: Plane, raster: Raster, polygons: Floats, value: int) -> None:
    """Fill stacked polygons (N, K, 2) um with one value, in place."""
    if len(polygons):
        cv2.fillPoly(plane, list(raster.fixed_point(polygons)), int(value), cv2.LINE_8, SHIFT)


def _jittered(sites: Sites, vary: Variation, purpose: str, amount: float) -> Sites:
    """Change packed bodies a little from section to section."""
    rng, count, change = vary.fresh(purpose, "jitter"), len(sites), vary.change
    return Sites(
        sites.centre + change * 3.0 * rng.standard_normal((count, 2)),
        sites.radius * np.exp(change * amount * rng.standard_normal(count)),
        sites.stretch,
        sites.angle + change * 0.06 * rng.standard_normal(count),
        sites.waves + change * draw_waves(rng, count, amount),
    )


def _glands(scene: Scene, vary: Variation) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return gland outlines, lumen outlines, and the gland of each lumen."""
    sites, solid = scene.glands.sites, scene.glands.solid
    shape = _jittered(sites, vary, "gland", 0.06)
    # A small gland may taper out between two sections.
    ends = vary.fresh("gland", "ends").random(len(sites)) < 0.06 * vary.change
    if len(sites):
        ends &= sites.radius < np.quantile(sites.radius, 0.4)
    shape = replace(shape, radius=np.where(ends, 0.35 * shape.radius, shape.radius))
    glands = outlines(shape, GLAND_GAP_UM)
    outer = radii(glands, shape.centre)
    inner = _lumen_radii(scene, vary, outer)
    open_nest = vary.shared("lumen", "nest").random(len(sites)) < 0.3
    open_gland = vary.uniform((len(sites),), "lumen", "open") > 0.05
    has = np.where(solid, open_nest, open_gland) & (inner.mean(axis=1) > 2.5)
    inner = np.where(solid[:, None], 0.42 * outer, np.maximum(inner, 1.2))
    return glands, polar(shape.centre, inner)[has], np.flatnonzero(has)


def _lumen_radii(scene: Scene, vary: Variation, outer: Floats) -> Floats:
    """Return how far lumens reach, (N, K) um: an epithelium's height less, with folds."""
    organ = scene.organ
    folds = draw_waves(vary.shared("lumen", "folds"), len(outer), organ.lumen_folds)
    own = draw_waves(vary.fresh("lumen", "folds"), len(outer), 0.4 * organ.lumen_folds)
    coefficients = folds + vary.change * own
    theta = np.linspace(0, 2 * np.pi, outer.shape[1], endpoint=False)
    order = np.arange(5, 5 + coefficients.shape[1])[:, None] * theta[None]
    wave = coefficients[..., 0] @ np.cos(order) + coefficients[..., 1] @ np.sin(order)
    height = np.minimum(organ.epithelium_um, 0.62 * outer.mean(axis=1))[:, None]
    inner: Floats = outer - height * np.clip(1.0 + 2.0 * wave, 0.8, 2.2)
    return inner


def _vessel_lumens(scene: Scene, vary: Variation, vessels: Floats) -> Floats:
    if len(vessels) == 0:
        return vessels
    centre = vessels.mean(axis=1)
    outer = radii(vessels, centre)
    direction = (vessels - centre[:, None]) / np.maximum(outer, 1e-6)[..., None]
    inner = np.maximum(outer - scene.vessel_wall_um[:, None], 0.3 * outer)
    lumens: Floats = centre[:, None] + direction * inner[..., None]
    return lumens
