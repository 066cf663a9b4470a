"""Packed shapes: wavy outlines that press on their neighbours and never overlap.

Glands, follicles, fat cells and tumour nests are all made this way: a radius for each direction,
cut where the bisector to a neighbour lies. The result is round where there is room and polygonal
where it is crowded, as in tissue.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
"""Any array of float64."""

_NEIGHBOURS = 9
_WAVES = np.arange(2, 8)


@dataclass(frozen=True, eq=False)
class Sites:
    """Centres and shapes of packed bodies, one row for each.

    ``centre`` (N, 2) um; ``radius`` (N,) um; ``stretch`` (N,) ratio of axes; ``angle`` (N,) rad
    of the long axis; ``waves`` (N, 6, 2) cosine and sine coefficients of the outline, relative.
    """

    centre: Floats
    radius: Floats
    stretch: Floats
    angle: Floats
    waves: Floats

    def __len__(self) -> int:
        return len(self.radius)

    def take(self, which: NDArray[np.bool_]) -> Sites:
        """Keep the bodies where ``which`` (N,) is true."""
        return Sites(*(getattr(self, f.name)[which] for f in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Sites]) -> Sites:
        """Put several sets of bodies together."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


def draw_waves(rng: np.random.Generator, count: int, amplitude: float) -> Floats:
    """Draw the outline coefficients of ``count`` bodies: (count, 6, 2), falling with frequency."""
    fall = (2.0 / _WAVES) ** 0.9
    return amplitude * fall[None, :, None] * rng.standard_normal((count, len(_WAVES), 2)) / 1.4


def wave_at(waves: Floats, theta: Floats) -> Floats:
    """Return the relative wave of one outline, coefficients (6, 2), at angles (N,): (N,)."""
    phase = _WAVES[:, None] * theta[None]
    wave: Floats = waves[:, 0] @ np.cos(phase) + waves[:, 1] @ np.sin(phase)
    return wave


def lattice(extent: tuple[float, float, float, float], spacing_um: float) -> Floats:
    """Return an even hexagonal lattice over ``extent`` (x0, y0, x1, y1 in um): (N, 2) um.

    Jittered by a third of the spacing it looks as even as tissue is, with no lattice to be seen.
    """
    x0, y0, x1, y1 = extent
    rise = spacing_um * np.sqrt(3) / 2
    xs = np.arange(x0, x1 + spacing_um, spacing_um)
    ys = np.arange(y0, y1 + rise, rise)
    grid_x, grid_y = np.meshgrid(xs, ys)
    grid_x[1::2] += spacing_um / 2
    return np.stack([grid_x.ravel(), grid_y.ravel()], axis=1)


def jittered_lattice(
    rng: np.random.Generator,
    extent: tuple[float, float, float, float],
    spacing_um: float,
    jitter: float,
) -> Floats:
    """Return a lattice whose points are moved by up to ``jitter`` of the spacing: (N, 2) um."""
    points = lattice(extent, spacing_um)
    return points + jitter * spacing_um * rng.uniform(-1.0, 1.0, points.shape)


def outlines(sites: Sites, gap_um: float, vertices: int = 64) -> Floats:
    """Return outlines of packed bodies, (N, vertices, 2) um, about ``gap_um`` apart or more."""
    theta = np.linspace(0.0, 2 * np.pi, vertices, endpoint=False)
    radius = _free_radius(sites, theta)
    if len(sites) > 1:
        limit = _neighbour_limit(sites, theta, gap_um)
        # A soft minimum keeps corners round.
        radius = (radius**-8.0 + limit**-8.0) ** (-1.0 / 8.0)
    return polar(sites.centre, radius)


def polar(centre: Floats, radius: Floats) -> Floats:
    """Turn radii (N, K) in K even directions about centres (N, 2) into polygons (N, K, 2)."""
    theta = np.linspace(0.0, 2 * np.pi, radius.shape[1], endpoint=False)
    unit = np.stack([np.cos(theta), np.sin(theta)], axis=1)
    polygons: Floats = centre[:, None, :] + radius[:, :, None] * unit[None]
    return polygons


def radii(polygons: Floats, centre: Floats) -> Floats:
    """Return the radii (N, K) of polygons (N, K, 2) made by `polar`."""
    distance: Floats = np.linalg.norm(polygons - centre[:, None, :], axis=2)
    return distance


def _free_radius(sites: Sites, theta: Floats) -> Floats:
    """Radius of each body in each direction as if it were alone: (N, K)."""
    relative = theta[None] - sites.angle[:, None]
    squeeze = np.hypot(
        np.cos(relative) / np.sqrt(sites.stretch)[:, None],
        np.sin(relative) * np.sqrt(sites.stretch)[:, None],
    )
    phase = _WAVES[:, None] * theta[None]
    wave = sites.waves[..., 0] @ np.cos(phase) + sites.waves[..., 1] @ np.sin(phase)
    free: Floats = sites.radius[:, None] / squeeze * np.clip(1.0 + wave, 0.45, 1.7)
    return free


def _neighbour_limit(sites: Sites, theta: Floats, gap_um: float) -> Floats:
    """Distance to the nearest bisector with a neighbour in each direction: (N, K)."""
    count = min(_NEIGHBOURS, len(sites) - 1)
    found = cKDTree(sites.centre).query(sites.centre, k=count + 1)
    distance, index = (np.asarray(part)[:, 1:] for part in found)
    offset = sites.centre[index] - sites.centre[:, None]
    bearing = np.arctan2(offset[..., 1], offset[..., 0])
    share = sites.radius[:, None] / (sites.radius[:, None] + sites.radius[index])
    room = np.maximum(distance * share - gap_um / 2.0, 2.0)
    cosine = np.cos(theta[None, None] - bearing[..., None])
    along = np.where(cosine > 0.05, room[..., None] / np.maximum(cosine, 0.05), np.inf)
    limit: Floats = along.min(axis=1)
    return np.minimum(limit, 1e5)
