"""Draw a section as amounts of what stains take up: one plane for each tissue component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.synthesis.noise import SmoothField, grain
from sar_models.synthesis.raster import FULL, Field, Plane, Raster
from sar_models.synthesis.tissue.layout import Layout, Site, fill, site_plane
from sar_models.synthesis.tissue.nuclei import Kind, Nuclei
from sar_models.synthesis.tissue.splat import Shape, splat
from sar_models.synthesis.tissue.texture import fibres

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sar_models.synthesis.tissue.scene import Scene
    from sar_models.synthesis.tissue.section import Section

_TEXTURE_UM = 1.6
_BUNDLE_UM = 4.0


@dataclass(frozen=True, eq=False)
class Amounts:
    """What a section holds, on a raster: planes of uint8, `FULL` standing for an amount of 1.

    ``planes`` has the components ``chromatin`` (nuclei), ``cytoplasm`` (epithelium, tumour),
    ``stroma`` (fibres, muscle), ``blood`` (red cells, secretion), and, where asked for, the marker
    components ``dividing``, ``vessel`` and ``immune``. ``tissue`` is what is not glass.
    """

    raster: Raster
    planes: Mapping[str, Plane]
    tissue: Plane


COMPONENTS = ("chromatin", "cytoplasm", "stroma", "blood", "dividing", "vessel", "immune")
"""Names of the planes that `draw` knows."""


def draw(section: Section, step_um: float, components: frozenset[str]) -> Amounts:
    """Draw a section at ``step_um`` per pixel, only the components that are asked for."""
    layout = section.layout
    raster = Raster.over(layout.scene.extent, step_um)
    sites = site_plane(layout, raster)
    makers: dict[str, Callable[[], Plane]] = {
        "stroma": lambda: _stroma(layout, raster, sites),
        "cytoplasm": lambda: _cytoplasm(section, raster, sites),
        "blood": lambda: _blood(layout, raster, sites),
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
    return Amounts(raster, planes, np.where(sites == Site.GLASS, 0, 255).astype(np.uint8))


def _to_plane(amount: Field) -> Plane:
    return np.clip(amount * FULL, 0, 255).astype(np.uint8)


def _enlarged(values: Field, raster: Raster) -> Field:
    """Resample values on a coarser raster over the same extent."""
    if values.shape == (raster.height, raster.width):
        return values
    size = (raster.width, raster.height)
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _fibre_texture(section: Layout, raster: Raster, sites: Plane) -> tuple[Field, Field]:
    """Fine fibres and coarse bundles that run along them, both around glands and vessels."""
    coarse = raster.coarser(_BUNDLE_UM)
    angle = _wrapped_angle(section.scene, coarse, sites)
    bundle = fibres(section.variation, coarse, angle, 9.0, 150.0)
    fine = raster.coarser(_TEXTURE_UM)
    vector = np.dstack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    vector = cv2.resize(vector, (fine.width, fine.height), interpolation=cv2.INTER_LINEAR)
    fine_angle = np.arctan2(vector[..., 1], vector[..., 0])
    fibre = fibres(section.variation, fine, fine_angle, 2.4, 60.0)
    return _enlarged(fibre, raster), _enlarged(bundle, raster)


def _wrapped_angle(scene: Scene, raster: Raster, sites: Plane) -> Field:
    """Fibre direction on a raster: the field's own, turning to run around what it meets."""
    angle = 1.5 * scene.grain_angle.on(raster) + 0.32 * scene.grain_wave.on(raster)
    small = cv2.resize(sites, (raster.width, raster.height), interpolation=cv2.INTER_NEAREST)
    body = ~np.isin(small, [int(Site.STROMA), int(Site.GLASS)])
    distance = cv2.distanceTransform((~body).astype(np.uint8), cv2.DIST_L2, 5) * raster.step_um
    smooth = cv2.GaussianBlur(distance, (0, 0), 3.0)
    along_x = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    along_y = -cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    strength = np.hypot(along_x, along_y)
    weight = np.exp(-distance / 22.0) * (strength > 1e-3)
    # Directions are compared without sign: a fibre has no head.
    own = np.exp(2j * angle).astype(np.complex64)
    around = ((along_x + 1j * along_y) / np.maximum(strength, 1e-3)) ** 2
    blended = (1 - weight) * own + weight * around
    # Unwrapping would be needed for streaks across the seam; the angle itself is enough, as the
    # combed noise is the same in both senses of a direction.
    result: Field = (0.5 * np.angle(blended)).astype(np.float32)
    return result


def _stroma(section: Layout, raster: Raster, sites: Plane) -> Plane:
    organ = section.scene.organ
    fibre, bundle = _fibre_texture(section, raster, sites)
    tone = section.scene.tone.on(raster)
    amount = organ.stroma_eosin * (1.0 + 0.2 * fibre + 0.22 * bundle + 0.1 * tone)
    # Bundles part: clefts along the fibres, wider where the stroma is loose.
    looseness = 0.25 * SmoothField.draw(
        section.variation.shared("loose"), section.scene.extent, 420.0
    ).on(raster)
    cleft = np.clip((-bundle - 1.15 + looseness + (0.45 - organ.stroma_eosin)) * 2.2, 0, 1)
    amount *= 1.0 - 0.9 * cleft
    wall = sites == Site.WALL
    amount[wall] = 0.62 * (1.0 + 0.16 * fibre[wall])
    amount[(sites != Site.STROMA) & ~wall] = 0.0
    amount *= _frayed_edge(section, raster, sites)
    return _to_plane(amount)


def _frayed_edge(section: Layout, raster: Raster, sites: Plane) -> Field:
    """Fade to glass at the rim over some um, unevenly."""
    inside = cv2.distanceTransform((sites != Site.GLASS).astype(np.uint8), cv2.DIST_L2, 3)
    depth = inside * raster.step_um
    fray = 9.0 + 5.0 * SmoothField.draw(
        section.variation.fresh("fray"), section.scene.extent, 60.0
    ).on(raster)
    faded: Field = np.clip(0.45 + 0.55 * depth / np.maximum(fray, 2.0), 0.0, 1.0)
    return faded


def _cytoplasm(section: Section, raster: Raster, sites: Plane) -> Plane:
    """Epithelium: each gland with a tone of its own, paler towards the lumen, goblet vacuoles."""
    layout = section.layout
    organ = layout.scene.organ
    tone = np.zeros(sites.shape, dtype=np.uint8)
    for polygon, value in zip(layout.glands, layout.tone, strict=True):
        fill(tone, raster, polygon[None], int(100 * value))
    body = (sites == Site.GLAND) | (sites == Site.NEST)
    depth = cv2.distanceTransform(body.astype(np.uint8), cv2.DIST_L2, 3) * raster.step_um
    rough = grain(layout.variation.fresh("cytoplasm"), raster, 3.0)
    amount = tone.astype(np.float32) / 100.0 * (1.0 + 0.1 * rough)
    amount *= 0.85 + 0.15 * np.clip(1.0 - depth / 6.0, 0, 1)
    if organ.goblet > 0:
        amount *= 1.0 - _goblets(section, raster)
    amount[~body] = 0.0
    return _to_plane(0.8 * amount)


def _goblets(section: Section, raster: Raster) -> Field:
    """Pale mucin vacuoles in the upper half of the epithelium, 0 to 1."""
    pale: Field = _bodies(raster, section.goblets, Shape.DISC).astype(np.float32) / FULL
    return np.clip(pale, 0, 1)


def _blood(section: Layout, raster: Raster, sites: Plane) -> Plane:
    """Secretion in lumens and red cells in vessels."""
    plane = np.zeros(sites.shape, dtype=np.uint8)
    content = section.secretion[section.lumen_of]
    for polygon, value in zip(section.lumens, content, strict=True):
        fill(plane, raster, polygon[None], int(FULL * 0.55 * value))
    uneven = 1.0 + 0.25 * SmoothField.draw(
        section.variation.shared("secretion"), section.scene.extent, 40.0
    ).on(raster)
    amount = plane.astype(np.float32) / FULL * np.clip(uneven, 0.3, 1.5)
    amount[sites != Site.LUMEN] = 0.0
    filled = SmoothField.draw(section.variation.shared("blood"), section.scene.extent, 120.0).on(
        raster
    )
    rough = grain(section.variation.fresh("blood"), raster, 5.0)
    red = np.clip(0.9 * (filled + 0.1 > 0) * (0.55 + 0.4 * rough), 0, 1)
    amount = np.where(sites == Site.BLOOD, red, amount)
    return _to_plane(amount)


def _bodies(raster: Raster, bodies: Nuclei, shape: Shape) -> Plane:
    plane = np.zeros((raster.height, raster.width), dtype=np.uint8)
    splat(plane, raster, bodies, shape)
    return plane


def _vessel_marker(section: Section, raster: Raster, sites: Plane) -> Plane:
    """Endothelium: the lining of vessels, and capillaries between the glands."""
    blood = (sites == Site.BLOOD).astype(np.uint8)
    reach = cv2.distanceTransform(1 - blood, cv2.DIST_L2, 3) * raster.step_um
    lining = np.clip(1.6 - np.abs(reach - 1.5) / 2.0, 0, 1) * (blood == 0) * (reach < 5.0)
    plane = _to_plane((lining * (sites == Site.WALL)).astype(np.float32))
    splat(plane, raster, section.capillaries, Shape.RING)
    return plane
