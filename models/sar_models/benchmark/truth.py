"""Distance from a known truth: where points came to lie, and where they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points
    from sar_models.domain.slides import SlideInfo


@dataclass(frozen=True)
class TruthErrors:
    """Errors of one alignment at points whose true place is known.

    ``_px`` are level-0 pixels of the target, ``_um`` micrometres there (``None`` without mpp),
    ``_share`` shares of the target's diagonal, as in rTRE. A point without a place counts as
    infinitely wrong, so that silence is no advantage.
    """

    points: int
    mapped: float
    median_px: float
    p95_px: float
    maximum_px: float
    median_um: float | None
    p95_um: float | None
    median_share: float
    p95_share: float
    maximum_share: float


def truth_errors(found: Points, truth: Points, target: SlideInfo) -> TruthErrors:
    """Compare where points came to lie with where they belong.

    Parameters
    ----------
    found, truth : (N, 2) array
        Level-0 pixels of the target; NaN in ``found`` where a point has no place.
    target : SlideInfo
        The slide that they lie on.
    """
    distance = np.linalg.norm(found - truth, axis=1)
    distance = np.where(np.isfinite(distance), distance, np.inf)
    # "higher" and no interpolation: between a number and infinity there is nothing.
    median, p95 = (float(np.quantile(distance, q, method="higher")) for q in (0.5, 0.95))
    maximum, diagonal = float(distance.max()), target.size.diagonal
    mpp = None if target.mpp is None else target.mpp.mean
    return TruthErrors(
        points=len(distance),
        mapped=float(np.isfinite(distance).mean()),
        median_px=median,
        p95_px=p95,
        maximum_px=maximum,
        median_um=None if mpp is None else median * mpp,
        p95_um=None if mpp is None else p95 * mpp,
        median_share=median / diagonal,
        p95_share=p95 / diagonal,
        maximum_share=maximum / diagonal,
    )
