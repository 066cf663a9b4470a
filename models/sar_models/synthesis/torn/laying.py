"""Lay a piece on glass: turned, mirrored, warped, now and then an edge folded over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import Polygon

from sar_models.domain.transforms import Affine, Displacement, Sequence
from sar_models.synthesis.deformation import Pose, least_area_factor, random_warp
from sar_models.synthesis.mounting import Mount
from sar_models.synthesis.noise import sub_seed
from sar_models.synthesis.torn.shapes import outline, rim

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.transforms import Outline, Transform

_VERTEX_UM = 8.0
_WARP_LENGTH = 0.19
_BEYOND = 0.6
"""How far beyond a piece its warp is defined, in block lengths."""
_LEAST_AREA = 0.4
_FOLD_DEPTHS = (0.018, 0.055)
_FOLD_SHARE = 0.05
_FOLD_ATTEMPTS = 30


@dataclass(frozen=True, eq=False)
class Fold:
    """An edge doubled on itself: the strip that was folded, and the mirror at the crease, um."""

    strip: Polygon
    mirror: Affine


@dataclass(frozen=True, eq=False)
class Laid:
    """Tissue on glass.

    Parameters
    ----------
    warp : Transform or None
        Smooth deformation in the block's plane, um.
    affine : Affine
        Block um to level-0 pixels of the slide.
    region : Polygon or None
        Part of the block that was laid there, um; ``None`` for all of it.
    tissue : Polygon or MultiPolygon
        Its visible tissue in the block's plane, um, without what is folded.
    fold : Fold or None
        What is folded over.
    """

    warp: Transform | None
    affine: Affine
    region: Polygon | None
    tissue: Outline
    fold: Fold | None = None

    @property
    def slide_from_block(self) -> Transform:
        """Block um to level-0 pixels."""
        return self.affine if self.warp is None else Sequence((self.warp, self.affine))

    @property
    def outline(self) -> Outline:
        """Visible tissue, level-0 pixels."""
        return on_slide(self.tissue, self.slide_from_block)

    @property
    def covered(self) -> BaseGeometry:
        """All glass under it, level-0 pixels."""
        if self.fold is None:
            return self.outline
        over = on_slide(self.fold.strip, Sequence((self.fold.mirror, self.slide_from_block)))
        return self.outline.union(over)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What has to be mounted."""
        lying = Mount(self.slide_from_block, self.region)
        if self.fold is None:
            return (lying,)
        doubled = Sequence((self.fold.mirror, self.slide_from_block))
        return (lying, Mount(doubled, self.fold.strip))

    def shifted(self, offset: NDArray[np.float64]) -> Laid:
        """Return the same, ``offset`` pixels away."""
        return replace(self, affine=Affine.translation(offset) @ self.affine)


def on_slide(tissue: BaseGeometry, slide_from_block: Transform) -> Outline:
    """Return an outline of the block (um) in pixels of a slide, valid."""
    dense = shapely.segmentize(tissue, _VERTEX_UM)
    return outline(shapely.transform(dense, slide_from_block.map).buffer(0))


def lay(
    region: Polygon, tissue: Outline, pose: Pose, mpp: float, warp: Displacement | None = None
) -> Laid:
    """Lay a piece on glass, turned about its middle, which comes to lie at (0, 0)."""
    linear = pose.linear() / mpp
    middle = np.asarray(tissue.centroid.coords[0])
    return Laid(warp, Affine.from_linear(linear, -linear @ middle), region, tissue)


def draw_warp(seed: int, region: Polygon, block_um: float, most_um: float) -> Displacement:
    """Draw a smooth deformation that moves no point of ``region`` further than ``most_um``.

    Parameters
    ----------
    seed : int
        Seed of the warp.
    region : Polygon
        The piece, um.
    block_um : float
        Long side of the block.
    most_um : float
        Largest displacement; it is reached somewhere unless the warp would fold.
    """
    x0, y0, x1, y1 = region.bounds
    beyond = _BEYOND * block_um
    extent = (x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond)
    length = _WARP_LENGTH * block_um
    warp = random_warp(sub_seed(seed, "warp"), extent, length / 40.0, length)
    x, y = np.meshgrid(np.linspace(x0, x1, 40), np.linspace(y0, y1, 40))
    places = np.column_stack([x.ravel(), y.ravel()])
    places = places[shapely.contains_xy(region, places[:, 0], places[:, 1])]
    furthest = float(np.linalg.norm(warp.map(places) - places, axis=1).max())
    factor = most_um / furthest
    scaled = _scaled(warp, factor)
    # A warp that does not fold does not fold if it is weaker.
    while factor > 1.0 and least_area_factor(scaled) < _LEAST_AREA:
        factor *= 0.85
        scaled = _scaled(warp, factor)
    return scaled


def _scaled(warp: Displacement, factor: float) -> Displacement:
    return Displacement(warp.origin, warp.spacing, factor * warp.values, warp.interpolation)


def fold_over(rng: np.random.Generator, laid: Laid, block_um: float) -> Laid:
    """Fold a strip at the edge of a piece over onto it, where its shape allows that."""
    region = laid.region
    if region is None:
        return laid
    hull = rim(laid.tissue.convex_hull)
    for _ in range(_FOLD_ATTEMPTS):
        bearing = float(rng.uniform(0.0, 2.0 * np.pi))
        outward = np.array([np.cos(bearing), np.sin(bearing)])
        reach = float((hull @ outward).max()) - float(rng.uniform(*_FOLD_DEPTHS)) * block_um
        beyond = _half_plane(outward, reach, 4.0 * block_um)
        strip, left = region.intersection(beyond), region.difference(beyond)
        tissue = outline(laid.tissue.difference(beyond))
        if not (isinstance(strip, Polygon) and isinstance(left, Polygon)):
            continue
        mirror = _mirror(outward, reach)
        seen = laid.tissue.intersection(beyond)
        doubled = shapely.transform(seen, mirror.map)
        fits = doubled.intersection(tissue).area > 0.9 * doubled.area
        if fits and 0.003 < seen.area / laid.tissue.area < _FOLD_SHARE:
            return replace(laid, region=left, tissue=tissue, fold=Fold(strip, mirror))
    return laid


def _half_plane(outward: NDArray[np.float64], reach: float, far: float) -> Polygon:
    along = np.array([-outward[1], outward[0]])
    crease = reach * outward
    corners = [crease - far * along, crease + far * along]
    return Polygon([*corners, corners[1] + far * outward, corners[0] + far * outward])


def _mirror(outward: NDArray[np.float64], reach: float) -> Affine:
    """Return the reflection at the line ``outward . p = reach``."""
    linear = np.eye(2) - 2.0 * np.outer(outward, outward)
    return Affine.from_linear(linear, 2.0 * reach * outward)
