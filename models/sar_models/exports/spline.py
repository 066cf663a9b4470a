"""Control points whose thin-plate spline comes near to a map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.interpolate import RBFInterpolator

from sar_models.domain.errors import ExportError
from sar_models.exports.accuracy import Accuracy, measure
from sar_models.exports.tissue import lattice, spacing

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points
    from sar_models.exports.smooth import SmoothMap

KIND = "thin-plate spline"
_RING_STEPS = 0.3
_NUMBERS = (9, 32, 64, 96, 128, 192, 256, 384, 512)
"""Programs evaluate all points for every vertex: beyond some hundreds they become slow."""


@dataclass(frozen=True, eq=False)
class ControlPoints:
    """Points whose spline (kernel ``r^2 log r`` and an affine) interpolates a map.

    Parameters
    ----------
    start, end : (N, 2) array
        Coordinates of the slide that is mapped from, and to; distinct, not on one line.
    """

    start: Points
    end: Points

    @cached_property
    def _spline(self) -> RBFInterpolator:
        return RBFInterpolator(self.start, self.end, kernel="thin_plate_spline", degree=1)

    @property
    def span_the_plane(self) -> bool:
        """Whether the points fix an affine: three of them at least are not on one line."""
        if len(self.start) < 3:
            return False
        return int(np.linalg.matrix_rank(self.start - self.start.mean(axis=0), rtol=1e-6)) == 2

    def map(self, coordinates: Points) -> Points:
        """Return the images of ``coordinates`` ``(N, 2)`` under the spline."""
        return np.asarray(self._spline(coordinates))


def control_points(smooth: SmoothMap, goal_px: float) -> tuple[ControlPoints, Accuracy]:
    """Return as few points as bring the error below ``goal_px``, or as many as are sensible.

    Raises
    ------
    ExportError
        If the tissue is so slender that its points lie on one line.
    """
    best = None
    for number in _NUMBERS:
        points = _spread(smooth, number)
        if not points.span_the_plane:
            continue
        best = points, measure(smooth, points.map, KIND)
        if best[1].max_px <= goal_px:
            break
    if best is None:
        raise ExportError(
            f"The tissue of {smooth.id!r} is a line: no spline can be held on it",
            remedy="Use a format that holds a field: itk, ngff or field.",
        )
    return best


def _spread(smooth: SmoothMap, number: int) -> ControlPoints:
    """Return about ``number`` points evenly on the tissue, and as dense a ring around it."""
    tissue = smooth.region
    step = spacing(tissue, number)
    # A spline that is held only inside bends at the edge, where errors are largest anyway.
    # Out and back closes notches that are narrower than the points are apart.
    ring = tissue.buffer(step).buffer((_RING_STEPS - 1) * step).boundary
    around = [
        shapely.get_coordinates(line.interpolate(np.arange(0.0, line.length, step)))
        for line in shapely.get_parts(ring)
    ]
    start_px = np.concatenate([lattice(tissue, number), *around])
    start = smooth.start.space.from_level0.map(start_px)
    end = smooth.map(start)
    held = np.isfinite(end).all(axis=1)
    return ControlPoints(start[held], end[held])
