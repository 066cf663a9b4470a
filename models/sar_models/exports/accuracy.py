"""What a format adds to the error of a map, measured over tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.geometry import Points
    from sar_models.domain.slides import SlideInfo
    from sar_models.exports.smooth import SmoothMap

EXACT_PX = 1e-4
"""Errors below this many level-0 pixels are those of numbers with finitely many digits."""
_PERCENTILE = 95


@dataclass(frozen=True)
class Accuracy:
    """How far a written map lies from the alignment's own, over tissue.

    Parameters
    ----------
    kind : str
        What stands in the file: ``affine``, ``thin-plate spline`` ...
    points : int
        How many points of tissue were compared.
    max_px, p95_px : float
        Largest error, and the error that 95 % of them stay below, in level-0 pixels of the slide
        that is mapped to.
    max_um, p95_um : float or None
        The same in micrometres, where that slide's mpp is known.
    """

    kind: str
    points: int
    max_px: float
    p95_px: float
    max_um: float | None
    p95_um: float | None

    @property
    def exact(self) -> bool:
        """Whether nothing was lost but digits."""
        return self.max_px <= EXACT_PX

    def to_record(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        figures = {name: getattr(self, name) for name in ("max_px", "p95_px", "max_um", "p95_um")}
        rounded = {name: None if v is None else round(v, 6) for name, v in figures.items()}
        return {"kind": self.kind, "points": self.points, "exact": self.exact, **rounded}


def measure(smooth: SmoothMap, written: Callable[[Points], Points], kind: str) -> Accuracy:
    """Compare what a file says with the alignment's own map.

    Parameters
    ----------
    smooth : SmoothMap
    written : callable
        The map as the file's reader evaluates it: coordinates ``(N, 2)`` to coordinates.
    kind : str
        What stands in the file.
    """
    error = written(smooth.tissue) - smooth.tissue_mapped
    end = smooth.end.space
    return accuracy_of(error / end.spacing, end.slide, kind)


def accuracy_of(error_px: Points, slide: SlideInfo, kind: str) -> Accuracy:
    """Return the figures of errors ``(N, 2)`` in level-0 pixels of ``slide``."""
    px = np.hypot(error_px[:, 0], error_px[:, 1])
    max_um = p95_um = None
    if slide.mpp is not None:
        um = np.hypot(error_px[:, 0] * slide.mpp.x, error_px[:, 1] * slide.mpp.y)
        max_um, p95_um = float(um.max()), float(np.percentile(um, _PERCENTILE))
    return Accuracy(
        kind, len(px), float(px.max()), float(np.percentile(px, _PERCENTILE)), max_um, p95_um
    )
