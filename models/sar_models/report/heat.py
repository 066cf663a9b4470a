"""Confidence and expected error as colour on the target's tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.report.palette import ColorMap, apply_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import ScalarGrid
    from sar_models.report.registered import Registered

_OPACITY = 195
"""Of 255: the tissue below stays recognisable."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Values on the target's view, with the range of their colours.

    Parameters
    ----------
    values : (H, W) array
        NaN where nothing is paired.
    low, high : float
        Values of the first and the last colour.
    colors : {"viridis", "magma"}
    """

    values: NDArray[np.float64]
    low: float
    high: float
    colors: ColorMap

    @property
    def known(self) -> NDArray[np.float64]:
        """The values on paired tissue, ``(N,)``."""
        return self.values[np.isfinite(self.values)]

    def rgba(self) -> NDArray[np.uint8]:
        """Return the picture ``(H, W, 4)``, transparent where nothing is paired."""
        span = max(self.high - self.low, 1e-12)
        rgb = apply_map((self.values - self.low) / span, self.colors)
        alpha = np.where(np.isfinite(self.values), _OPACITY, 0).astype(np.uint8)
        return np.dstack([rgb, alpha])


def confidence_map(grid: ScalarGrid, registered: Registered, tissue: NDArray[np.bool_]) -> HeatMap:
    """Return the confidence in [0, 1] on the target's tissue."""
    return HeatMap(_on_target(grid, registered, tissue), 0.0, 1.0, "viridis")


def error_map(grid: ScalarGrid, registered: Registered, tissue: NDArray[np.bool_]) -> HeatMap:
    """Return the expected error in target level-0 pixels on the target's tissue."""
    values = _on_target(grid, registered, tissue)
    known = values[np.isfinite(values)]
    # A few wild values at the rim would leave one colour for all the rest.
    high = float(np.percentile(known, 98)) if known.size else 1.0
    return HeatMap(values, 0.0, max(high, 1e-9), "magma")


def _on_target(
    grid: ScalarGrid, registered: Registered, tissue: NDArray[np.bool_]
) -> NDArray[np.float64]:
    values = np.full(registered.fragment.shape, np.nan)
    where = registered.drawn & tissue
    values[where] = grid.sample(registered.at_source[where])
    return values
