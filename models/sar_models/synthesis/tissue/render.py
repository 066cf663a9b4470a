"""Draw a section as amounts of what stains take up: one plane for each tissue component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.synthesis.noise import SmoothField, grain
from sar_models.synthesis.raster import FULL, Field, Plane, Raster
from sar_models.synthesis.tissue.layout import Site, fill, site_plane
from sar_models.synthesis.tissue.nuclei import Kind, Nuclei
from sar_models.synthesis.tissue.splat import Shape, splat
from sar_models.synthesis.tissue.stroma import stroma_amount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sar_models.synthesis.tissue.section import Section


@dataclass(frozen=True, eq=False)
class Amounts:
    """What a section holds, on a raster: planes of uint8, `FULL` standing for an amount of 1.

    ``planes`` has the components ``chromatin`` (nuclei), ``cytoplasm`` (epithelium, tumour),
    ``stroma`` (fibres, muscle), ``blood`` (red cells, secretion), and, where asked for, the marker
    components ``dividing``, ``vessel`` and ``immune``.
    """

    raster: Raster
    planes: Mapping[str, Plane]


COMPONENTS = ("chromatin", "cytoplasm", "stroma", "blood", "dividing", "vessel", "immune")
"""Names of the planes that `draw` knows."""


def draw(section: Section, step_um: float, components: frozenset[str]) -> Amounts:
    """Draw a section at ``step_um`` per pixel, only the components that are asked for."""
    layout = section.layout
    raster = Raster.over(layout.scene.extent, step_um)
    sites = site_plane(layout, raster)
    makers: dict[str, Callable[[], Plane]] = {
        "stroma": lambda: _to_plane(stroma_amount(layout, raster, sites)),
        "cytoplasm": lambda: _cytoplasm(section, raster, sites),
        "blood": lambda: _blood(section, raster, sites),
        "chromatin": lambda: _bodies(raster, section.nuclei, Shape.NUCLEUS),
        "dividing": lambda: _bodies(
            raster, section.nuclei.take(section.nuclei.dividing), Shape.NUCLEUS
        ),
        "immune": lambda: _bodies(
            raster, section.nuclei.take(section.nuclei.kind == Kind.LYMPHOID), Shape.RING
        ),
        "vessel": lambda: _vessel_marker(section, raster, sites),
    }
    planes = {name: makers[name]() for name in COMPONENTS if name in components}
    return Amounts(raster, planes)


def _to_plane(amount: Field) -> Plane:
    return np.clip(amount * FULL, 0, 255).astype(np.uint8)


def _bodies(raster: Raster, bodies: Nuclei, shape: Shape) -> Plane:
    plane = np.zeros((raster.height, raster.width), dtype=np.uint8)
    splat(plane, raster, bodies, shape)
    return plane


def _cytoplasm(section: Section, raster: Raster, sites: Plane) -> Plane:
    """Epithelium: each gland with a tone of its own, paler inside, with goblet vacuoles."""
    layout = section.layout
    tone = np.zeros(sites.shape, dtype=np.uint8)
    for polygon, value in zip(layout.glands, layout.scene.glands.tone, strict=True):
        fill(tone, raster, polygon[None], int(100 * value))
    fill(tone, raster, layout.tufts, 90)
    body = np.isin(sites, [int(s) for s in (Site.GLAND, Site.NEST, Site.CLOSED, Site.TUFT)])
    base = 0.85 + 0.15 * np.clip(1.0 - raster.depth_um(body) / 6.0, 0, 1)
    rough = grain(layout.variation.fresh("cytoplasm"), raster, 3.0)
    amount = np.float32(0.8 / 100.0) * tone * base * (1.0 + 0.1 * rough)
    if len(section.goblets):
        mucin = _bodies(raster, section.goblets, Shape.DISC)
        amount *= 1.0 - 0.85 * np.minimum(mucin.astype(np.float32) / (0.6 * FULL), 1.0)
    return _to_plane((amount * body).astype(np.float32))


def _blood(section: Section, raster: Raster, sites: Plane) -> Plane:
    """Secretion in lumens and red cells in vessels."""
    layout = section.layout
    filling = np.zeros(sites.shape, dtype=np.uint8)
    content = layout.scene.glands.secretion[layout.lumen_of]
    for polygon, value in zip(layout.lumens, content, strict=True):
        fill(filling, raster, polygon[None], int(FULL * 0.55 * value))
    clouds = SmoothField.draw(layout.variation.shared("secretion"), layout.scene.extent, 40.0)
    uneven = np.clip(1.0 + 0.25 * clouds.on(raster), 0.3, 1.5)
    secretion: Plane = np.clip(filling * uneven * (sites == Site.LUMEN), 0, 255).astype(np.uint8)
    splat(secretion, raster, section.red_cells, Shape.DISC)
    return secretion


def _vessel_marker(section: Section, raster: Raster, sites: Plane) -> Plane:
    """Endothelium: the lining of vessels, and capillaries between the glands."""
    reach = raster.depth_um(sites != Site.BLOOD)
    lining = np.clip(1.6 - np.abs(reach - 1.5) / 2.0, 0, 1) * (sites == Site.WALL) * (reach < 5.0)
    plane = _to_plane(lining.astype(np.float32))
    splat(plane, raster, section.capillaries, Shape.RING)
    return plane
