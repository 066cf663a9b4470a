"""Connective tissue: fibres that wind, bundle, part in clefts and run around what they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.synthesis.noise import SmoothField
from sar_models.synthesis.tissue.layout import Site
from sar_models.synthesis.tissue.texture import fibres

if TYPE_CHECKING:
    from sar_models.synthesis.raster import Field, Plane, Raster
    from sar_models.synthesis.tissue.layout import Layout

_FIBRE_UM = 1.6
_BUNDLE_UM = 4.0
_WALL = 0.62


def stroma_amount(layout: Layout, raster: Raster, sites: Plane) -> Field:
    """Return the amount of fibres on a raster, (H, W): stroma and the walls of vessels."""
    organ = layout.scene.organ
    fibre, bundle = _texture(layout, raster, sites)
    tone = layout.scene.tone.on(raster)
    amount = np.float32(organ.stroma_eosin) * (1.0 + 0.2 * fibre + 0.22 * bundle + 0.1 * tone)
    # Bundles part: clefts along the fibres, wider where the stroma is loose.
    loose = SmoothField.draw(layout.variation.shared("loose"), layout.scene.extent, 420.0)
    depth = 0.45 - organ.stroma_eosin - 1.15 + 0.25 * loose.on(raster) - bundle
    lymphoid = _lymphoid(layout, raster)
    amount *= 1.0 - 0.9 * np.clip(2.2 * depth, 0, 1) * (1.0 - lymphoid)
    amount *= 1.0 - 0.35 * lymphoid
    wall = sites == Site.WALL
    amount[wall] = _WALL * (1.0 + 0.16 * fibre[wall])
    amount[(sites != Site.STROMA) & ~wall] = 0.0
    faded: Field = amount * _frayed_edge(layout, raster, sites)
    return faded


def _texture(layout: Layout, raster: Raster, sites: Plane) -> tuple[Field, Field]:
    """Return fine fibres and the coarse bundles that they run in."""
    coarse, fine = raster.coarser(_BUNDLE_UM), raster.coarser(_FIBRE_UM)
    direction = _direction(layout, coarse, sites)
    bundle = fibres(layout.variation, coarse, direction, 9.0, 150.0)
    fibre = fibres(layout.variation, fine, fine.resampled(direction), 2.4, 60.0)
    return raster.resampled(fibre), raster.resampled(bundle)


def _direction(layout: Layout, raster: Raster, sites: Plane) -> Field:
    """Return the fibres' direction (H, W, 2): the scene's own, around what they meet."""
    angle = layout.scene.fibre_angle_on(raster)
    small = cv2.resize(sites, (raster.width, raster.height), interpolation=cv2.INTER_NEAREST)
    distance = raster.depth_um(np.isin(small, [int(Site.STROMA), int(Site.GLASS)]))
    smooth = cv2.GaussianBlur(distance, (0, 0), 3.0)
    along_x = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    along_y = -np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0))
    strength = np.hypot(along_x, along_y)
    weight = np.exp(-distance / 22.0) * (strength > 1e-3)
    # A fibre has no head: angles are blended doubled, so that opposite directions agree.
    around = ((along_x + 1j * along_y) / np.maximum(strength, 1e-3)) ** 2
    doubled = (1 - weight) * np.exp(2j * angle) + weight * around
    half = 0.5 * np.angle(doubled)
    direction: Field = np.dstack([np.cos(half), np.sin(half)]).astype(np.float32)
    return direction


def _lymphoid(layout: Layout, raster: Raster) -> Field:
    """Return the density of lymphoid tissue on a raster, 0 to 1."""
    coarse = raster.coarser(12.0)
    x, y = np.meshgrid(*coarse.axes_um())
    density = layout.scene.lymphoid_density(np.stack([x.ravel(), y.ravel()], axis=1))
    return raster.resampled(density.reshape(x.shape).astype(np.float32))


def _frayed_edge(layout: Layout, raster: Raster, sites: Plane) -> Field:
    """Fade to glass at the rim over some um, unevenly."""
    depth = raster.depth_um(sites != Site.GLASS)
    uneven = SmoothField.draw(layout.variation.fresh("fray"), layout.scene.extent, 60.0)
    width = np.maximum(9.0 + 5.0 * uneven.on(raster), 2.0)
    faded: Field = np.clip(0.45 + 0.55 * depth / width, 0.0, 1.0)
    return faded
