"""Glands in their lobules, and nests of tumour cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.synthesis.tissue.ground import Ground, clear_of, within
from sar_models.synthesis.tissue.packing import Floats, Sites, draw_waves
from sar_models.synthesis.tissue.zones import FatZone, septum_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Polygon

_NEST_SPACING_UM = 92.0


@dataclass(frozen=True, eq=False)
class Glands:
    """Glands and tumour nests: packed sites with what they are filled with, one row for each.

    ``solid`` (N,) marks tumour nests, which have cells instead of a lumen; ``secretion`` (N,) is
    the eosin of the lumen, ``tone`` (N,) the relative amount of cytoplasm.
    """

    sites: Sites
    solid: NDArray[np.bool_]
    secretion: Floats
    tone: Floats


def draw_glands(
    ground: Ground, obstacles: tuple[Sites, ...], fat: FatZone, tumour: Polygon | None
) -> Glands:
    """Fill lobules with glands and the tumour with nests, clear of what is there already."""
    benign = _benign(ground, obstacles, fat, tumour)
    nests = _nests(ground, obstacles[0], tumour)
    sites = Sites.joined((benign, nests))
    rng = ground.rng("glands", "content")
    secretion = ground.organ.secretion * rng.uniform(0.3, 1.5, len(sites))
    tone = rng.uniform(0.85, 1.15, len(sites))
    return Glands(sites, np.arange(len(sites)) >= len(benign), np.clip(secretion, 0, 1), tone)


def _benign(
    ground: Ground, obstacles: tuple[Sites, ...], fat: FatZone, tumour: Polygon | None
) -> Sites:
    organ, rng = ground.organ, ground.rng("glands")
    points = ground.lattice(organ.gland_spacing_um, 0.3, "glands", "place")
    radius = organ.gland_radius_um * np.exp(rng.normal(0, organ.gland_variety, len(points)))
    keep = ground.inside(points, 0.25 * organ.gland_radius_um) & ~fat.holds(points)
    keep &= septum_distance(ground, points) > organ.septum_um / 2 + 0.3 * radius
    if tumour is not None:
        keep &= ~within(tumour.buffer(18.0), points)
    for bodies in obstacles:
        keep &= clear_of(bodies, points, 0.75 * radius)
    count = int(keep.sum())
    angle = ground.field(900.0, "glands", "angle").at(points[keep])
    return Sites(
        points[keep],
        radius[keep],
        np.maximum(organ.elongation + 0.25 * rng.standard_normal(count), 1.0),
        1.1 * angle + 0.35 * rng.standard_normal(count),
        draw_waves(rng, count, organ.gland_irregularity),
    )


def _nests(ground: Ground, vessels: Sites, tumour: Polygon | None) -> Sites:
    rng = ground.rng("nests")
    spacing = _NEST_SPACING_UM * float(rng.uniform(0.75, 1.5))
    points = ground.lattice(spacing, 0.4, "nests", "place")
    keep = np.zeros(len(points), dtype=np.bool_)
    if tumour is not None:
        keep = within(tumour, points) & clear_of(vessels, points, 10.0)
        keep &= rng.random(len(points)) > 0.12
    count = int(keep.sum())
    return Sites(
        points[keep],
        0.58 * spacing * np.exp(rng.normal(0, 0.3, count)),
        1.0 + rng.gamma(2.0, 0.35, count),
        rng.uniform(0, np.pi, count),
        draw_waves(rng, count, 0.2),
    )
