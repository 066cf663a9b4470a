"""Where the cells of a section lie: lining glands, filling nests, strewn through stroma."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.synthesis.raster import Raster
from sar_models.synthesis.tissue.layout import GLAND_GAP_UM, Layout, Site, site_plane
from sar_models.synthesis.tissue.nuclei import Kind, Nuclei, grown
from sar_models.synthesis.tissue.packing import Floats, lattice, outlines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.synthesis.tissue.scene import Scene

_SITE_UM = 3.0
_PITCH_UM = {True: 8.5, False: 5.6}


def fibre_angle(scene: Scene, points: Floats) -> Floats:
    """Return the direction of stroma fibres at points (N, 2) um: (N,) rad."""
    angle: Floats = 1.5 * scene.grain_angle.at(points) + 0.32 * scene.grain_wave.at(points)
    return angle


def lymphoid_density(scene: Scene, points: Floats) -> Floats:
    """Return how far points (N, 2) um lie inside lymphoid aggregates: (N,) in 0 to 1."""
    density = np.zeros(len(points))
    for centre, radius, waves in zip(
        scene.aggregates.centre, scene.aggregates.radius, scene.aggregates.waves, strict=True
    ):
        offset = points - centre
        theta = np.arctan2(offset[:, 1], offset[:, 0])
        order = np.arange(2, 8)[:, None] * theta[None]
        wave = waves[:, 0] @ np.cos(order) + waves[:, 1] @ np.sin(order)
        depth = radius * (1.0 + wave) - np.hypot(offset[:, 0], offset[:, 1])
        density = np.maximum(density, 1.0 / (1.0 + np.exp(-np.clip(depth / 22.0, -30, 30))))
    return density


def _none() -> Nuclei:
    none = np.zeros(0)
    return Nuclei(
        np.zeros((0, 2)), np.zeros((0, 2)), none, none, none.astype(np.uint8), none.astype(bool)
    )


def nuclei(section: Layout) -> Nuclei:
    """Return all nuclei of a section."""
    raster = Raster.over(section.scene.extent, _SITE_UM)
    sites = site_plane(section, raster)

    def on(points: Floats, *allowed: Site) -> NDArray[np.bool_]:
        return np.isin(raster.lookup(sites, points), [int(site) for site in allowed])

    stromal = _stromal(section)
    immune = _immune(section)
    parts = [
        stromal.take(on(stromal.centre, Site.STROMA)),
        immune.take(on(immune.centre, Site.STROMA)),
    ]
    lining = _lining(section)
    parts.append(lining.take(on(lining.centre, Site.GLAND)))
    nest = _nest(section)
    parts.append(nest.take(on(nest.centre, Site.NEST)))
    endothelium = _endothelium(section)
    parts.append(endothelium.take(on(endothelium.centre, Site.WALL, Site.BLOOD, Site.STROMA)))
    return Nuclei.joined(parts)


def _thrown(section: Layout, per_mm2: float, purpose: str) -> Floats:
    """Throw places over the whole scene at a density, partly shared between sections: (N, 2)."""
    spacing = np.sqrt(1.1547e6 / max(per_mm2, 1.0))
    points = lattice(section.scene.extent, spacing)
    jitter = section.variation.uniform(points.shape, purpose, "place") - 0.5
    return points + 1.1 * spacing * jitter


def _stromal(section: Layout) -> Nuclei:
    points = _thrown(section, section.scene.organ.stroma_nuclei, "stromal")
    wind = section.variation.normal((len(points),), "stromal", "wind")
    return grown(
        section.variation,
        Kind.STROMAL,
        "stromal",
        points,
        fibre_angle(section.scene, points) + 0.25 * wind,
        dividing=0.02,
    )


def _immune(section: Layout) -> Nuclei:
    scene, vary = section.scene, section.variation
    parts = [_thrown(section, scene.organ.lymphocytes, "lymphocytes")]
    dense = _thrown(section, 13500.0, "aggregate") if len(scene.aggregates) else np.zeros((0, 2))
    chance = vary.uniform((len(dense),), "aggregate", "chance")
    near = np.zeros(len(dense), dtype=bool)
    for centre, radius in zip(scene.aggregates.centre, scene.aggregates.radius, strict=True):
        near |= np.hypot(*(dense - centre).T) < 1.9 * radius
    kept = np.zeros(len(dense), dtype=bool)
    kept[near] = chance[near] < lymphoid_density(scene, dense[near]) * 0.97
    parts.append(dense[kept])
    points = np.concatenate(parts)
    turn = np.pi * vary.uniform((len(points),), "immune", "turn")
    return grown(vary, Kind.LYMPHOID, "immune", points, turn, dividing=0.05)


def _along(
    polygons: Floats,
    pitch: Floats,
    depth: Floats,
    vary: Variation,
    purpose: str,
    count: NDArray[np.intp],
) -> tuple[Floats, Floats]:
    """Place ``count`` (N,) points along each polygon at ``depth`` inside: places, inward angle."""
    owner = np.repeat(np.arange(len(polygons)), count)
    first = np.cumsum(count) - count
    rank = np.arange(len(owner)) - first[owner]
    jitter = vary.normal((len(owner), 2), purpose, "along")
    where = (rank + 0.5 + 0.22 * jitter[:, 0]) / np.maximum(count[owner], 1) % 1.0
    vertices = polygons.shape[1]
    closed = np.concatenate([polygons, polygons[:, :1]], axis=1)
    arc = np.concatenate(
        [
            np.zeros((len(polygons), 1)),
            np.cumsum(np.linalg.norm(np.diff(closed, axis=1), axis=2), axis=1),
        ],
        axis=1,
    )
    # One global monotone table turns the per-polygon searches into a single interpolation.
    table = (arc / arc[:, -1:] + 2.0 * np.arange(len(polygons))[:, None]).ravel()
    index = np.searchsorted(table, where + 2.0 * owner, side="right") - 1
    local = np.clip(index - owner * (vertices + 1), 0, vertices - 1)
    low, high = table[owner * (vertices + 1) + local], table[owner * (vertices + 1) + local + 1]
    part = (where + 2.0 * owner - low) / np.maximum(high - low, 1e-9)
    start, end = closed[owner, local], closed[owner, local + 1]
    tangent = end - start
    inward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-9)
    deep = depth[owner] * (1.0 + 0.28 * jitter[:, 1])
    places = start + part[:, None] * tangent + deep[:, None] * inward
    return places, np.arctan2(inward[:, 1], inward[:, 0])


def _perimeters(polygons: Floats) -> Floats:
    step = polygons - np.roll(polygons, 1, axis=1)
    length: Floats = np.linalg.norm(step, axis=2).sum(axis=1)
    return length


def _lining(section: Layout) -> Nuclei:
    """Nuclei of the epithelium: a row at the base, in high epithelium a second one above."""
    organ, vary = section.scene.organ, section.variation
    polygons = section.glands[~section.solid]
    if len(polygons) == 0:
        return _none()
    flat = organ.epithelium_um < 12.0
    # Counted on the shape that all sections share, so that the same cell has the same row.
    nominal = outlines(section.scene.glands.sites, GLAND_GAP_UM)[~section.solid]
    count = np.maximum((_perimeters(nominal) / _PITCH_UM[flat]).astype(np.intp), 3)
    depth = np.full(len(polygons), 0.3 * organ.epithelium_um if not flat else 4.2)
    places, inward = _along(polygons, depth, depth, vary, "lining", count)
    size = 0.92 if not flat else 0.85
    rows = [
        grown(
            vary,
            Kind.EPITHELIAL,
            "lining",
            places,
            inward + (np.pi / 2 if flat else 0.0),
            dividing=0.1,
            size=size,
        )
    ]
    if organ.epithelium_um > 19.0:
        second = (count * 0.45).astype(np.intp)
        upper, inward = _along(polygons, depth, depth * 1.9, vary, "second", second)
        rows.append(grown(vary, Kind.EPITHELIAL, "second", upper, inward, 0.04, 0.9))
    if organ.epithelium_um > 35.0:
        for row, level in enumerate((2.6, 3.2)):
            more, inward = _along(polygons, depth, depth * level * 0.9, vary, f"row{row}", second)
            rows.append(grown(vary, Kind.EPITHELIAL, f"row{row}", more, inward + 1.5, 0.02, 1.0))
    return Nuclei.joined(rows)


def _nest(section: Layout) -> Nuclei:
    """Nuclei that fill tumour nests."""
    vary = section.variation
    if not section.solid.any():
        return _none()
    points = _thrown(section, 7600.0, "nest")
    turn = np.pi * vary.uniform((len(points),), "nest", "turn")
    return grown(vary, Kind.TUMOUR, "nest", points, turn, dividing=0.34)


def _endothelium(section: Layout) -> Nuclei:
    """Flat nuclei around vessels: one row at the lumen, muscle nuclei in the wall."""
    vary, lumens = section.variation, section.vessel_lumens
    if len(lumens) == 0:
        return _none()
    count = np.maximum((_perimeters(lumens) / 13.0).astype(np.intp), 4)
    inner, inward = _along(lumens, count * 1.0, np.full(len(lumens), -0.8), vary, "endo", count)
    rows = [grown(vary, Kind.ENDOTHELIAL, "endo", inner, inward + np.pi / 2)]
    wall = section.scene.vessel_wall_um
    count = np.maximum((_perimeters(lumens) * wall / 210.0).astype(np.intp), 2)
    muscle, inward = _along(lumens, wall, -0.55 * wall, vary, "muscle", count)
    rows.append(grown(vary, Kind.STROMAL, "muscle", muscle, inward + np.pi / 2))
    return Nuclei.joined(rows)


def goblets(section: Layout) -> Nuclei:
    """Return the mucin vacuoles of goblet cells, in the upper half of the epithelium."""
    organ, vary = section.scene.organ, section.variation
    polygons = section.glands[~section.solid]
    if organ.goblet <= 0 or len(polygons) == 0:
        return _none()
    nominal = outlines(section.scene.glands.sites, GLAND_GAP_UM)[~section.solid]
    count = np.maximum((_perimeters(nominal) / 11.0).astype(np.intp), 2)
    depth = np.full(len(polygons), 0.62 * organ.epithelium_um)
    places, inward = _along(polygons, depth, depth, vary, "goblet", count)
    chosen = vary.uniform((len(places),), "goblet", "chosen") < organ.goblet
    return grown(vary, Kind.EPITHELIAL, "goblet", places, inward, size=1.3).take(chosen)


def capillaries(section: Layout) -> Nuclei:
    """Return the capillaries of the stroma as small bodies."""
    points = _thrown(section, 170.0, "capillary")
    turn = np.pi * section.variation.uniform((len(points),), "capillary", "turn")
    bodies = grown(section.variation, Kind.EPITHELIAL, "capillary", points, turn, size=1.5)
    sites = site_plane(section, Raster.over(section.scene.extent, _SITE_UM))
    raster = Raster.over(section.scene.extent, _SITE_UM)
    return bodies.take(raster.lookup(sites, points) == Site.STROMA)
