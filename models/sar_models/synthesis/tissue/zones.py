"""Larger parts of a scene: tumour, vessels, lymphoid aggregates, fat, glomeruli, lobules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree
from shapely import Polygon

from sar_models.synthesis.tissue.ground import Ground, clear_of, nearest, within
from sar_models.synthesis.tissue.packing import (
    Floats,
    Sites,
    draw_waves,
    jittered_lattice,
    outlines,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.synthesis.noise import SmoothField

_FAT_CELL_UM = 58.0
_GLOMERULUS_UM = 88.0


@dataclass(frozen=True, eq=False)
class FatZone:
    """Where fat lies: where ``field`` exceeds ``level``."""

    field: SmoothField
    level: float

    def holds(self, points: Floats) -> NDArray[np.bool_]:
        """Tell which points (N, 2) um lie in fat."""
        return np.asarray(self.field.at(points) > self.level, dtype=np.bool_)


def draw_fat_zone(ground: Ground) -> FatZone:
    """Draw where fat lies, so that it takes the organ's share of the tissue."""
    field = ground.field(800.0, "fat", "zone")
    probe = ground.lattice(80.0, 0.0, "fat", "probe")
    values = field.at(probe[ground.inside(probe, 0.0)])
    share = ground.organ.fat
    level = float(np.quantile(values, 1.0 - share)) if share and len(values) else np.inf
    return FatZone(field, level)


def draw_tumour(ground: Ground) -> Polygon | None:
    """Draw a tumour-like region, or none."""
    rng = ground.rng("tumour")
    if rng.random() > ground.organ.tumour:
        return None
    size = float(np.sqrt(ground.edge.area))
    seat = ground.thrown(rng, 4e7 / ground.edge.area, 0.12 * size)[:1]
    if len(seat) == 0:
        return None
    body = Sites(
        seat,
        np.array([rng.uniform(0.2, 0.3) * size]),
        np.array([1.3]),
        rng.uniform(0, np.pi, 1),
        draw_waves(rng, 1, 0.2),
    )
    ring = outlines(body, 0.0, 96)[0]
    region = Polygon(ring).buffer(0).intersection(ground.edge.buffer(-30.0))
    if isinstance(region, Polygon) and region.area > 0.02 * ground.edge.area:
        return region
    return None


def draw_vessels(ground: Ground) -> tuple[Sites, Floats]:
    """Draw arteries and veins, and the thickness of their walls (N,) um."""
    rng = ground.rng("vessels")
    centre = ground.thrown(rng, ground.organ.vessels, 90.0)
    count = len(centre)
    radius = np.clip(np.exp(rng.normal(np.log(42.0), 0.5, count)), 18.0, 150.0)
    stretch = 1.0 + rng.gamma(1.2, 0.5, count)
    wall = np.clip(radius * rng.uniform(0.12, 0.5, count), 4.0, 34.0)
    turn = rng.uniform(0, np.pi, count)
    sites = Sites(centre, radius, stretch, turn, draw_waves(rng, count, 0.06))
    keep = _apart(centre, radius * np.sqrt(stretch))
    return sites.take(keep), wall[keep]


def draw_aggregates(ground: Ground, tumour: Polygon | None) -> Sites:
    """Draw lymphoid aggregates, none in the tumour."""
    rng = ground.rng("aggregates")
    centre = ground.thrown(rng, ground.organ.aggregates, 60.0)
    count = len(centre)
    sites = Sites(
        centre,
        ground.organ.aggregate_um * np.exp(rng.normal(0.0, 0.3, count)),
        1.0 + rng.gamma(1.5, 0.2, count),
        rng.uniform(0, np.pi, count),
        draw_waves(rng, count, 0.14),
    )
    keep = _apart(centre, sites.radius)
    if tumour is not None and count:
        keep &= ~within(tumour, centre)
    return sites.take(keep)


def draw_glomeruli(ground: Ground, obstacles: tuple[Sites, ...], tumour: Polygon | None) -> Sites:
    """Draw glomeruli (kidney), clear of everything else."""
    rng = ground.rng("glomeruli")
    centre = ground.thrown(rng, ground.organ.glomeruli, 110.0)
    count = len(centre)
    sites = Sites(
        centre,
        _GLOMERULUS_UM * np.exp(rng.normal(0.0, 0.14, count)),
        np.full(count, 1.12),
        rng.uniform(0, np.pi, count),
        draw_waves(rng, count, 0.05),
    )
    keep = _apart(centre, sites.radius)
    for bodies in obstacles:
        keep &= clear_of(bodies, centre, sites.radius + 20.0)
    if tumour is not None and count:
        keep &= ~within(tumour.buffer(60.0), centre)
    return sites.take(keep)


def draw_fat_cells(
    ground: Ground,
    fat: FatZone,
    glands: Sites,
    obstacles: tuple[Sites, ...],
    tumour: Polygon | None,
) -> Sites:
    """Fill the fat zone with cells, clear of everything else."""
    points = ground.lattice(_FAT_CELL_UM, 0.32, "fat", "place")
    keep = fat.holds(points) & ground.inside(points, 20.0)
    for bodies in obstacles:
        keep &= clear_of(bodies, points, 30.0)
    if tumour is not None:
        keep &= ~within(tumour.buffer(30.0), points)
    if len(glands):
        distance, index = nearest(glands.centre, points)
        keep &= distance > glands.radius[index] + 35.0
    rng, count = ground.rng("fat", "cells"), int(keep.sum())
    return Sites(
        points[keep],
        0.62 * _FAT_CELL_UM * np.exp(rng.normal(0, 0.18, count)),
        np.full(count, 1.1),
        rng.uniform(0, np.pi, count),
        draw_waves(rng, count, 0.04),
    )


def septum_distance(ground: Ground, points: Floats) -> Floats:
    """Return the distance (N,) um of points (N, 2) to the border between lobules."""
    spacing = ground.organ.lobule_um
    x0, y0, x1, y1 = ground.extent
    wide = (x0 - spacing, y0 - spacing, x1 + spacing, y1 + spacing)
    centres = jittered_lattice(ground.rng("lobules"), wide, spacing, 0.36)
    wobble = [ground.field(0.6 * spacing, "lobules", axis).at(points) for axis in "xy"]
    moved = points + 0.11 * spacing * np.stack(wobble, axis=1)
    distance, index = (np.asarray(found) for found in cKDTree(centres).query(moved, k=2))
    apart = np.linalg.norm(centres[index[:, 0]] - centres[index[:, 1]], axis=1)
    border: Floats = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2.0 * apart)
    return border


def _apart(points: Floats, radius: Floats) -> NDArray[np.bool_]:
    """Keep circles that do not touch an earlier one: (N,)."""
    kept: list[int] = []
    for i in range(len(points)):
        gap = np.linalg.norm(points[kept] - points[i], axis=1) - radius[kept] - radius[i]
        if not kept or gap.min() > 25.0:
            kept.append(i)
    mask = np.zeros(len(points), dtype=np.bool_)
    mask[kept] = True
    return mask
