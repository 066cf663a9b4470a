"""A scene: the structures of one piece of tissue, which all sections through it share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely import Polygon

from sar_models.synthesis.noise import SmoothField, stream
from sar_models.synthesis.tissue.outline import OutlineKind, draw_outline
from sar_models.synthesis.tissue.packing import Floats, Sites, draw_waves, lattice, polar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.synthesis.tissue.organ import Organ

MARGIN_UM = 60.0
_FAT_CELL_UM = 58.0
_NEST_SPACING_UM = 92.0


@dataclass(frozen=True, eq=False)
class Glands:
    """Glands and tumour nests: packed sites with what they are filled with, one row for each.

    ``solid`` (N,) marks tumour nests, which have cells instead of a lumen; ``secretion`` (N,) is
    the eosin of the lumen, ``tone`` (N,) the relative eosin of the epithelium.
    """

    sites: Sites
    solid: NDArray[np.bool_]
    secretion: Floats
    tone: Floats


@dataclass(frozen=True, eq=False)
class Scene:
    """Structures of one piece of tissue in the plane of its block, micrometres.

    ``outline`` is the ideal edge; ``extent`` (x0, y0, x1, y1) holds everything drawn.
    ``grain_angle`` winds the fibres; ``fat_level`` is the threshold above which ``fat_field``
    means adipose tissue.
    """

    seed: int
    organ: Organ
    outline: Polygon
    extent: tuple[float, float, float, float]
    glands: Glands
    vessels: Sites
    vessel_wall_um: Floats
    fat_cells: Sites
    aggregates: Sites
    tumour: Polygon | None
    grain_angle: SmoothField
    grain_wave: SmoothField
    tone: SmoothField


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
    edge = draw_outline(stream(seed, "outline"), outline, length_um)
    x0, y0, x1, y1 = edge.bounds
    extent = (x0 - MARGIN_UM, y0 - MARGIN_UM, x1 + MARGIN_UM, y1 + MARGIN_UM)
    tumour = _draw_tumour(seed, organ, edge)
    vessels, wall = _draw_vessels(seed, organ, edge, extent)
    aggregates = _draw_aggregates(seed, organ, edge, extent, tumour)
    fat = _FatZone.draw(seed, organ, edge, extent)
    glands = _draw_glands(seed, organ, edge, extent, (vessels, aggregates), fat, tumour)
    cells = _draw_fat_cells(seed, extent, fat, glands.sites, vessels, aggregates, edge, tumour)
    return Scene(
        seed=seed,
        organ=organ,
        outline=edge,
        extent=extent,
        glands=glands,
        vessels=vessels,
        vessel_wall_um=wall,
        fat_cells=cells,
        aggregates=aggregates,
        tumour=tumour,
        grain_angle=SmoothField.draw(stream(seed, "grain", "angle"), extent, 700.0),
        grain_wave=SmoothField.draw(stream(seed, "grain", "wave"), extent, organ.fibre_wave_um),
        tone=SmoothField.draw(stream(seed, "tone"), extent, 350.0),
    )


@dataclass(frozen=True)
class _FatZone:
    field: SmoothField
    level: float

    @classmethod
    def draw(
        cls, seed: int, organ: Organ, edge: Polygon, extent: tuple[float, float, float, float]
    ) -> _FatZone:
        field = SmoothField.draw(stream(seed, "fat", "zone"), extent, 800.0)
        probe = lattice(extent, 80.0)
        values = field.at(probe[_within(edge, probe)])
        return cls(field, float(np.quantile(values, 1.0 - organ.fat)) if organ.fat else np.inf)

    def holds(self, points: Floats) -> NDArray[np.bool_]:
        return np.asarray(self.field.at(points) > self.level)


def _within(polygon: Polygon, points: Floats) -> NDArray[np.bool_]:
    shapely.prepare(polygon)
    return np.asarray(shapely.contains_xy(polygon, points[:, 0], points[:, 1]))


def _clear_of(bodies: Sites, points: Floats, room_um: Floats | float) -> NDArray[np.bool_]:
    """Tell which points (N, 2) keep ``room_um`` from the circles of ``bodies``."""
    if len(bodies) == 0:
        return np.ones(len(points), dtype=bool)
    distance = np.linalg.norm(points[:, None] - bodies.centre[None], axis=2) - bodies.radius
    return np.asarray(distance.min(axis=1) > room_um)


def _poisson(rng: np.random.Generator, edge: Polygon, per_mm2: float, inset_um: float) -> Floats:
    """Throw points over the polygon at a density, ``inset_um`` inside its edge: (N, 2)."""
    room = edge.buffer(-inset_um)
    if room.is_empty:
        return np.zeros((0, 2))
    wanted = int(rng.poisson(per_mm2 * room.area * 1e-6))
    x0, y0, x1, y1 = room.bounds
    thrown = rng.uniform((x0, y0), (x1, y1), (wanted * 6 + 24, 2))
    return thrown[_within(room, thrown)][:wanted]


def _spread_out(points: Floats, radius: Floats) -> NDArray[np.bool_]:
    """Keep circles that do not touch an earlier one: (N,) bool."""
    kept: list[int] = []
    for i in range(len(points)):
        gap = np.linalg.norm(points[kept] - points[i], axis=1) - radius[kept] - radius[i]
        if not kept or gap.min() > 25.0:
            kept.append(i)
    mask = np.zeros(len(points), dtype=bool)
    mask[kept] = True
    return mask


def _draw_tumour(seed: int, organ: Organ, edge: Polygon) -> Polygon | None:
    rng = stream(seed, "tumour")
    if rng.random() > organ.tumour:
        return None
    size = np.sqrt(edge.area)
    seat = _poisson(rng, edge, 40.0 / (edge.area * 1e-6), 0.12 * size)
    if len(seat) == 0:
        return None
    waves = draw_waves(rng, 1, 0.2)
    body = Sites(
        seat[:1],
        np.array([rng.uniform(0.2, 0.3) * size]),
        np.array([1.3]),
        rng.uniform(0, np.pi, 1),
        waves,
    )
    theta = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    ring = polar(body.centre, body.radius[:, None] * (1.0 + _wave_at(waves, theta)))[0]
    region = Polygon(ring).buffer(0).intersection(edge.buffer(-30.0))
    if isinstance(region, Polygon) and region.area > 0.02 * edge.area:
        return region
    return None


def _wave_at(waves: Floats, theta: Floats) -> Floats:
    order = np.arange(2, 2 + waves.shape[1])[:, None] * theta[None]
    wave: Floats = waves[..., 0] @ np.cos(order) + waves[..., 1] @ np.sin(order)
    return np.clip(wave, -0.5, 0.6)


def _draw_vessels(
    seed: int, organ: Organ, edge: Polygon, extent: tuple[float, float, float, float]
) -> tuple[Sites, Floats]:
    rng = stream(seed, "vessels")
    centre = _poisson(rng, edge, organ.vessels, 90.0)
    count = len(centre)
    radius = np.clip(np.exp(rng.normal(np.log(42.0), 0.5, count)), 18.0, 150.0)
    stretch = 1.0 + rng.gamma(1.2, 0.5, count)
    wall = np.clip(radius * rng.uniform(0.12, 0.5, count), 4.0, 34.0)
    sites = Sites(
        centre, radius, stretch, rng.uniform(0, np.pi, count), draw_waves(rng, count, 0.06)
    )
    keep = _spread_out(centre, radius * np.sqrt(stretch))
    return sites.take(keep), wall[keep]


def _draw_aggregates(
    seed: int,
    organ: Organ,
    edge: Polygon,
    extent: tuple[float, float, float, float],
    tumour: Polygon | None,
) -> Sites:
    rng = stream(seed, "aggregates")
    centre = _poisson(rng, edge, organ.aggregates, 60.0)
    count = len(centre)
    radius = organ.aggregate_um * np.exp(rng.normal(0.0, 0.3, count))
    sites = Sites(
        centre,
        radius,
        1.0 + rng.gamma(1.5, 0.2, count),
        rng.uniform(0, np.pi, count),
        draw_waves(rng, count, 0.14),
    )
    keep = _spread_out(centre, radius)
    if tumour is not None and count:
        keep &= ~_within(tumour, centre)
    return sites.take(keep)


def _septum_distance(
    seed: int, organ: Organ, extent: tuple[float, float, float, float], points: Floats
) -> Floats:
    """Return the distance (N,) um of points to the border between lobules."""
    rng = stream(seed, "lobules")
    wobble_x = SmoothField.draw(rng, extent, organ.lobule_um * 0.6)
    wobble_y = SmoothField.draw(rng, extent, organ.lobule_um * 0.6)
    x0, y0, x1, y1 = extent
    pad = organ.lobule_um
    centres = lattice((x0 - pad, y0 - pad, x1 + pad, y1 + pad), organ.lobule_um)
    centres += rng.uniform(-0.36, 0.36, centres.shape) * organ.lobule_um
    wobble = np.stack([wobble_x.at(points), wobble_y.at(points)], axis=1)
    moved = points + 0.11 * organ.lobule_um * wobble
    distance, index = cKDTree(centres).query(moved, k=2)
    apart = np.linalg.norm(centres[index[:, 0]] - centres[index[:, 1]], axis=1)
    border: Floats = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2.0 * apart)
    return border


def _draw_glands(
    seed: int,
    organ: Organ,
    edge: Polygon,
    extent: tuple[float, float, float, float],
    obstacles: tuple[Sites, Sites],
    fat: _FatZone,
    tumour: Polygon | None,
) -> Glands:
    rng = stream(seed, "glands")
    points = lattice(extent, organ.gland_spacing_um)
    points += rng.uniform(-0.3, 0.3, points.shape) * organ.gland_spacing_um
    angle_field = SmoothField.draw(stream(seed, "glands", "angle"), extent, 900.0)
    radius = organ.gland_radius_um * np.exp(rng.normal(0, organ.gland_variety, len(points)))
    keep = _within(edge.buffer(-0.25 * organ.gland_radius_um), points) & ~fat.holds(points)
    keep &= _septum_distance(seed, organ, extent, points) > organ.septum_um / 2 + 0.3 * radius
    if tumour is not None:
        keep &= ~_within(tumour.buffer(18.0), points)
    for bodies in obstacles:
        keep &= _clear_of(bodies, points, 0.55 * radius)
    count = int(keep.sum())
    benign = Sites(
        points[keep],
        radius[keep],
        np.maximum(organ.elongation + 0.25 * rng.standard_normal(count), 1.0),
        1.1 * angle_field.at(points[keep]) + 0.35 * rng.standard_normal(count),
        draw_waves(rng, count, organ.gland_irregularity),
    )
    nests = _draw_nests(seed, organ, extent, tumour, obstacles[0])
    sites = _joined(benign, nests)
    solid = np.arange(len(sites)) >= count
    secretion = organ.secretion * rng.uniform(0.3, 1.5, len(sites))
    return Glands(sites, solid, np.clip(secretion, 0, 1), rng.uniform(0.85, 1.15, len(sites)))


def _draw_nests(
    seed: int,
    organ: Organ,
    extent: tuple[float, float, float, float],
    tumour: Polygon | None,
    vessels: Sites,
) -> Sites:
    rng = stream(seed, "nests")
    spacing = _NEST_SPACING_UM * rng.uniform(0.75, 1.5)
    points = lattice(extent, spacing)
    points += rng.uniform(-0.4, 0.4, points.shape) * spacing
    keep = np.zeros(len(points), dtype=bool)
    if tumour is not None:
        keep = _within(tumour, points) & _clear_of(vessels, points, 10.0)
        keep &= rng.random(len(points)) > 0.12
    count = int(keep.sum())
    return Sites(
        points[keep],
        0.58 * spacing * np.exp(rng.normal(0, 0.3, count)),
        1.0 + rng.gamma(2.0, 0.35, count),
        rng.uniform(0, np.pi, count),
        draw_waves(rng, count, 0.2),
    )


def _joined(first: Sites, second: Sites) -> Sites:
    return Sites(
        np.concatenate([first.centre, second.centre]),
        np.concatenate([first.radius, second.radius]),
        np.concatenate([first.stretch, second.stretch]),
        np.concatenate([first.angle, second.angle]),
        np.concatenate([first.waves, second.waves]),
    )


def _draw_fat_cells(
    seed: int,
    extent: tuple[float, float, float, float],
    fat: _FatZone,
    glands: Sites,
    vessels: Sites,
    aggregates: Sites,
    edge: Polygon,
    tumour: Polygon | None,
) -> Sites:
    rng = stream(seed, "fat", "cells")
    points = lattice(extent, _FAT_CELL_UM)
    points += rng.uniform(-0.32, 0.32, points.shape) * _FAT_CELL_UM
    keep = fat.holds(points) & _within(edge.buffer(-20.0), points)
    for bodies in (vessels, aggregates):
        keep &= _clear_of(bodies, points, 30.0)
    if tumour is not None:
        keep &= ~_within(tumour.buffer(30.0), points)
    if len(glands):
        distance, index = cKDTree(glands.centre).query(points)
        keep &= distance > glands.radius[index] + 35.0
    count = int(keep.sum())
    radius = 0.62 * _FAT_CELL_UM * np.exp(rng.normal(0, 0.18, count))
    return Sites(
        points[keep],
        radius,
        np.full(count, 1.1),
        rng.uniform(0, np.pi, count),
        draw_waves(rng, count, 0.04),
    )
