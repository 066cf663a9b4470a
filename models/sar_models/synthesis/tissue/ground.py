"""The ground on which a scene is drawn: an outline, an organ and a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from sar_models.synthesis.noise import SmoothField, stream
from sar_models.synthesis.tissue.packing import Floats, Sites, jittered_lattice

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Polygon

    from sar_models.synthesis.tissue.organ import Organ

Extent = tuple[float, float, float, float]
"""x0, y0, x1, y1 in um."""

_MARGIN_UM = 60.0


@dataclass(frozen=True, eq=False)
class Ground:
    """An outline to be filled with the structures of an organ."""

    seed: int
    organ: Organ
    edge: Polygon

    @property
    def extent(self) -> Extent:
        """Everything that is drawn, with a margin for ragged edges."""
        x0, y0, x1, y1 = self.edge.bounds
        return (x0 - _MARGIN_UM, y0 - _MARGIN_UM, x1 + _MARGIN_UM, y1 + _MARGIN_UM)

    def rng(self, *purpose: str) -> np.random.Generator:
        """Open the random stream of one purpose."""
        return stream(self.seed, *purpose)

    def field(self, length_um: float, *purpose: str) -> SmoothField:
        """Draw the smooth field of one purpose."""
        return SmoothField.draw(self.rng(*purpose), self.extent, length_um)

    def lattice(self, spacing_um: float, jitter: float, *purpose: str) -> Floats:
        """Return a jittered lattice over the ground: (N, 2) um."""
        return jittered_lattice(self.rng(*purpose), self.extent, spacing_um, jitter)

    def inside(self, points: Floats, inset_um: float) -> NDArray[np.bool_]:
        """Tell which points (N, 2) lie at least ``inset_um`` inside the edge."""
        return within(self.edge.buffer(-inset_um), points)

    def thrown(self, rng: np.random.Generator, per_mm2: float, inset_um: float) -> Floats:
        """Throw points over the tissue at a density: (N, 2) um."""
        room = self.edge.buffer(-inset_um)
        if room.is_empty:
            return np.zeros((0, 2))
        wanted = int(rng.poisson(per_mm2 * room.area * 1e-6))
        x0, y0, x1, y1 = room.bounds
        tries = rng.uniform((x0, y0), (x1, y1), (wanted * 6 + 24, 2))
        return tries[within(room, tries)][:wanted]


def within(polygon: Polygon, points: Floats) -> NDArray[np.bool_]:
    """Tell which points (N, 2) lie in a polygon: (N,)."""
    shapely.prepare(polygon)
    return np.asarray(shapely.contains_xy(polygon, points[:, 0], points[:, 1]), dtype=np.bool_)


def clear_of(bodies: Sites, points: Floats, room_um: Floats | float) -> NDArray[np.bool_]:
    """Tell which points (N, 2) keep ``room_um`` from the circles of ``bodies``: (N,)."""
    if len(bodies) == 0:
        return np.ones(len(points), dtype=np.bool_)
    # By far fewer bodies than points: the near ones are enough, but large ones reach far.
    gap = np.full(len(points), np.inf)
    for centre, radius in zip(bodies.centre, bodies.radius, strict=True):
        gap = np.minimum(gap, np.hypot(*(points - centre).T) - radius)
    return np.asarray(gap > room_um, dtype=np.bool_)


def nearest(points: Floats, queries: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return distance (M,) and number (M,) of the point nearest to each query."""
    distance, index = cKDTree(points).query(queries)
    return np.asarray(distance, dtype=np.float64), np.asarray(index, dtype=np.intp)
