"""Where the cells of a section lie: lining glands, filling nests, strewn through stroma."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sar_models.synthesis.noise import SmoothField
from sar_models.synthesis.raster import Raster
from sar_models.synthesis.tissue.layout import GLAND_GAP_UM, Layout, Site, site_plane
from sar_models.synthesis.tissue.nuclei import Kind, Nuclei, grown
from sar_models.synthesis.tissue.packing import Floats, lattice, outlines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.synthesis.tissue.variation import Variation

_SITE_UM = 3.0
_PITCH_UM = 5.6
_FLAT_PITCH_UM = 8.5
_FLAT_UM = 12.0
"""Epithelium lower than this is cuboidal: its nuclei are round or lie along the wall."""


def nuclei(section: Layout) -> Nuclei:
    """Return all nuclei of a section."""
    raster = Raster.over(section.scene.extent, _SITE_UM)
    sites = site_plane(section, raster)
    grown_on: tuple[tuple[Nuclei, tuple[Site, ...]], ...] = (
        (_stromal(section), (Site.STROMA,)),
        (_immune(section), (Site.STROMA,)),
        (_lining(section), (Site.GLAND,)),
        (_filling(section, "closed", Kind.EPITHELIAL, 6800.0, 0.1), (Site.CLOSED,)),
        (_filling(section, "nest", Kind.TUMOUR, 7400.0, 0.34), (Site.NEST,)),
        (_filling(section, "tuft", Kind.LYMPHOID, 7800.0, 0.02), (Site.TUFT,)),
        (_endothelium(section), (Site.WALL, Site.BLOOD, Site.STROMA)),
    )
    return Nuclei.joined(
        [
            cells.take(np.isin(raster.lookup(sites, cells.centre), [int(site) for site in on]))
            for cells, on in grown_on
        ]
    )


def _thrown(section: Layout, per_mm2: float, purpose: str) -> Floats:
    """Throw places over the whole scene at a density, partly shared between sections: (N, 2)."""
    spacing = np.sqrt(1.1547e6 / max(per_mm2, 1.0))
    points = lattice(section.scene.extent, spacing)
    jitter = section.variation.uniform(points.shape, purpose, "place") - 0.5
    places: Floats = points + 1.1 * spacing * jitter
    return places


def _stromal(section: Layout) -> Nuclei:
    points = _thrown(section, section.scene.organ.stroma_nuclei, "stromal")
    wind = section.variation.normal((len(points),), "stromal", "wind")
    angle = section.scene.fibre_angle(points) + 0.25 * wind
    return grown(section.variation, Kind.STROMAL, "stromal", points, angle, dividing=0.02)


def _immune(section: Layout) -> Nuclei:
    scene, vary = section.scene, section.variation
    parts = [_thrown(section, scene.organ.lymphocytes, "lymphocytes")]
    dense = _thrown(section, 17000.0, "aggregate") if len(scene.aggregates) else np.zeros((0, 2))
    chance = vary.uniform((len(dense),), "aggregate", "chance")
    near = np.zeros(len(dense), dtype=bool)
    for centre, radius in zip(scene.aggregates.centre, scene.aggregates.radius, strict=True):
        near |= np.hypot(*(dense - centre).T) < 1.9 * radius
    kept = np.zeros(len(dense), dtype=bool)
    kept[near] = chance[near] < scene.lymphoid_density(dense[near]) * 0.97
    parts.append(dense[kept])
    points = np.concatenate(parts)
    turn = np.pi * vary.uniform((len(points),), "immune", "turn")
    return grown(vary, Kind.LYMPHOID, "immune", points, turn, dividing=0.05)


def _along(
    vary: Variation, purpose: str, polygons: Floats, count: NDArray[np.intp], depth: Floats
) -> tuple[Floats, Floats]:
    """Place ``count`` (N,) cells along each polygon, ``depth`` (N,) um inside it.

    Returns
    -------
    places, inward : (M, 2), (M,) arrays
        Where they lie, in um, and the direction in rad that points into the polygon.
    """
    owner = np.repeat(np.arange(len(polygons)), count)
    rank = np.arange(len(owner)) - (np.cumsum(count) - count)[owner]
    jitter = vary.normal((len(owner), 2), purpose, "along")
    share = (rank + 0.5 + 0.22 * jitter[:, 0]) / np.maximum(count[owner], 1) % 1.0
    start, tangent = _on_ring(polygons, owner, share)
    inward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    deep = depth[owner] * (1.0 + 0.28 * jitter[:, 1])
    return start + deep[:, None] * inward, np.arctan2(inward[:, 1], inward[:, 0])


def _on_ring(polygons: Floats, owner: NDArray[np.intp], share: Floats) -> tuple[Floats, Floats]:
    """Return the point at ``share`` (M,) of the perimeter of polygon ``owner``, and the tangent."""
    vertices = polygons.shape[1]
    closed = np.concatenate([polygons, polygons[:, :1]], axis=1)
    steps = np.linalg.norm(np.diff(closed, axis=1), axis=2)
    arc = np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)
    # One global monotone table turns the searches in each polygon into a single one.
    table = (arc / arc[:, -1:] + 2.0 * np.arange(len(polygons))[:, None]).ravel()
    base = owner * (vertices + 1)
    found = np.searchsorted(table, share + 2.0 * owner, side="right") - 1 - base
    vertex = np.clip(found, 0, vertices - 1)
    low, high = table[base + vertex], table[base + vertex + 1]
    part = (share + 2.0 * owner - low) / np.maximum(high - low, 1e-12)
    step = closed[owner, vertex + 1] - closed[owner, vertex]
    point: Floats = closed[owner, vertex] + part[:, None] * step
    tangent: Floats = step / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
    return point, tangent


def _perimeters(polygons: Floats) -> Floats:
    step = polygons - np.roll(polygons, 1, axis=1)
    length: Floats = np.linalg.norm(step, axis=2).sum(axis=1)
    return length


def _benign(section: Layout) -> tuple[Floats, NDArray[np.intp]]:
    """Return the outlines of glands with a lumen, and how many cells their shared shape holds.

    Counted on the shape that all sections share, so that one row is the same cell in each.
    """
    nominal = outlines(section.scene.glands.sites, GLAND_GAP_UM)
    pitch = _FLAT_PITCH_UM if section.scene.organ.epithelium_um < _FLAT_UM else _PITCH_UM
    count = np.maximum((_perimeters(nominal) / pitch).astype(np.intp), 3)
    return section.glands[~section.solid], count[~section.solid]


def _lining(section: Layout) -> Nuclei:
    """Nuclei of the epithelium: a row at the base, in high epithelium more rows above."""
    vary, organ = section.variation, section.scene.organ
    height = organ.epithelium_um
    polygons, count = _benign(section)
    if len(polygons) == 0:
        return Nuclei.none()
    if height < _FLAT_UM:
        places, inward = _along(vary, "lining", polygons, count, np.full(len(count), 4.2))
        return grown(vary, Kind.EPITHELIAL, "lining", places, inward + np.pi / 2, 0.08, 0.85)
    rows = []
    # Depth of each row, share of the cells in it, and how much they lie along the wall.
    levels = [(0.3, 1.0, 0.0)]
    # Where mucin fills the upper half of the cells, nuclei keep to the base.
    levels += [(0.56, 0.45, 0.0)] if height > 19.0 and organ.goblet < 0.2 else []
    levels += [(0.72, 0.5, np.pi / 2), (0.88, 0.4, np.pi / 2)] if height > 35.0 else []
    for number, (level, share, turn) in enumerate(levels):
        name, some = f"lining {number}", np.maximum((share * count).astype(np.intp), 2)
        depth = np.full(len(count), level * height)
        places, inward = _along(vary, name, polygons, some, depth)
        rows.append(grown(vary, Kind.EPITHELIAL, name, places, inward + turn, 0.08, 0.92))
    return Nuclei.joined(rows)


def _filling(section: Layout, purpose: str, kind: Kind, per_mm2: float, dividing: float) -> Nuclei:
    """Nuclei without order, as in tumour nests."""
    points = _thrown(section, per_mm2, purpose)
    turn = np.pi * section.variation.uniform((len(points),), purpose, "turn")
    return grown(section.variation, kind, purpose, points, turn, dividing)


def _endothelium(section: Layout) -> Nuclei:
    """Flat nuclei around vessels: one row at the lumen, muscle nuclei in the wall."""
    vary, lumens = section.variation, section.vessel_lumens
    if len(lumens) == 0:
        return Nuclei.none()
    wall = section.scene.vessel_wall_um
    around = 2.0 * np.pi * section.scene.vessels.radius
    count = np.maximum((around / 13.0).astype(np.intp), 4)
    places, inward = _along(vary, "endothelium", lumens, count, np.full(len(lumens), -0.8))
    lining = grown(vary, Kind.ENDOTHELIAL, "endothelium", places, inward + np.pi / 2)
    count = np.maximum((around * wall / 210.0).astype(np.intp), 2)
    places, inward = _along(vary, "muscle", lumens, count, -0.55 * wall)
    return Nuclei.joined([lining, grown(vary, Kind.STROMAL, "muscle", places, inward + np.pi / 2)])


def goblets(section: Layout) -> Nuclei:
    """Return the mucin vacuoles of goblet cells, in the upper half of the epithelium."""
    organ, vary = section.scene.organ, section.variation
    polygons, count = _benign(section)
    if organ.goblet <= 0 or len(polygons) == 0:
        return Nuclei.none()
    depth = np.full(len(polygons), 0.66 * organ.epithelium_um)
    places, inward = _along(vary, "goblet", polygons, np.maximum(count // 2, 2), depth)
    chosen = vary.uniform((len(places),), "goblet", "chosen") < organ.goblet
    return grown(vary, Kind.EPITHELIAL, "goblet", places, inward, size=1.5).take(chosen)


def capillaries(section: Layout) -> Nuclei:
    """Return the capillaries of the stroma as small bodies."""
    bodies = _filling(section, "capillary", Kind.EPITHELIAL, 170.0, 0.0)
    bodies = replace(bodies, axes=1.4 * bodies.axes)
    raster = Raster.over(section.scene.extent, _SITE_UM)
    return bodies.take(raster.lookup(site_plane(section, raster), bodies.centre) == Site.STROMA)


def red_cells(section: Layout) -> Nuclei:
    """Return the red cells in vessels, in clots rather than evenly."""
    cells = _filling(section, "red cells", Kind.LYMPHOID, 15000.0, 0.0)
    raster = Raster.over(section.scene.extent, _SITE_UM)
    cells = cells.take(raster.lookup(site_plane(section, raster), cells.centre) == Site.BLOOD)
    clot = SmoothField.draw(section.variation.shared("clot"), section.scene.extent, 110.0)
    return cells.take(np.asarray(clot.at(cells.centre) > -0.1, dtype=np.bool_))
