"""Seeded randomness: independent streams by purpose, and smooth fields that know no resolution.

Everything generated hangs on one integer seed. A stream is derived from that seed and the *names*
of what it is used for, so that one more random draw somewhere never changes what is drawn
elsewhere. Fields are coarse nodes in micrometres, sampled on any raster: a scene looks the same at
every pixel size.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.interpolate import BSpline
from scipy.ndimage import map_coordinates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.synthesis.raster import Field, Raster

_SPLINE_PAD = 3


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Open the random stream of one purpose under one seed.

    Parameters
    ----------
    seed : int
        Non-negative seed of the whole generated thing.
    *purpose : str or int
        Names that tell this stream from all others, e.g. ``"gland", "radius"``.
    """
    digest = hashlib.sha256("/".join(str(part) for part in purpose).encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def sub_seed(seed: int, *purpose: str | int) -> int:
    """Derive the seed of a part, e.g. of the second slide of a pair."""
    return int(stream(seed, *purpose).integers(2**31))


@dataclass(frozen=True, eq=False)
class SmoothField:
    """A smooth random function of the plane: cubic B-spline over coarse nodes.

    ``nodes[j, i]`` is the coefficient at ``origin + step_um * (i, j)`` micrometres. Mean 0 and
    standard deviation 1 over the plane, up to chance.
    """

    origin_x_um: float
    origin_y_um: float
    step_um: float
    nodes: NDArray[np.float64]

    @classmethod
    def draw(
        cls, rng: np.random.Generator, extent: tuple[float, float, float, float], length_um: float
    ) -> SmoothField:
        """Draw a field over ``extent`` (x0, y0, x1, y1 in um), features ``length_um`` wide."""
        step = length_um / 2.0
        x0, y0, x1, y1 = extent
        nx = int(np.ceil((x1 - x0) / step)) + 2 * _SPLINE_PAD + 1
        ny = int(np.ceil((y1 - y0) / step)) + 2 * _SPLINE_PAD + 1
        # The sum of squared B-spline weights is 0.48 per axis on average: dividing by it gives
        # white coefficients a standard deviation of one after smoothing.
        nodes = rng.standard_normal((ny, nx)) / 0.48
        return cls(x0 - _SPLINE_PAD * step, y0 - _SPLINE_PAD * step, step, nodes)

    def on(self, raster: Raster) -> Field:
        """Sample the field at every pixel centre of a raster: (height, width) float32."""
        xs, ys = raster.axes_um()
        columns = _basis((xs - self.origin_x_um) / self.step_um, self.nodes.shape[1])
        rows = _basis((ys - self.origin_y_um) / self.step_um, self.nodes.shape[0])
        sampled: Field = (rows @ self.nodes.astype(np.float32)) @ columns.T
        return sampled

    def at(self, points_um: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sample the field at points (N, 2) in um: (N,)."""
        x = (points_um[:, 0] - self.origin_x_um) / self.step_um
        y = (points_um[:, 1] - self.origin_y_um) / self.step_um
        sampled: NDArray[np.float64] = map_coordinates(
            self.nodes, np.stack([y, x]), order=3, mode="nearest", prefilter=False
        )
        return sampled


def _basis(positions: NDArray[np.float64], count: int) -> Field:
    """Evaluate the cubic B-splines of ``count`` nodes at ``positions`` (N,): (N, count)."""
    inside = np.clip(positions, 1.0, count - 2.0)
    knots = np.arange(-2.0, count + 2.0)
    design = BSpline.design_matrix(np.clip(inside, 1.0, count - 2.0 - 1e-9), knots, 3)
    dense: Field = design.toarray().astype(np.float32)
    return dense


def grain(rng: np.random.Generator, raster: Raster, size_um: float) -> Field:
    """Make white noise of a grain of about ``size_um`` on a raster: float32, mean 0, deviation 1.

    Unlike `SmoothField` it belongs to its raster: for texture that nobody follows between sections.
    """
    noise = rng.random((raster.height, raster.width), dtype=np.float32) - np.float32(0.5)
    sigma = size_um / raster.step_um / 2.0
    if sigma > 0.3:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma), dtype=np.float32)
    noise /= max(float(noise.std()), 1e-6)
    return noise
