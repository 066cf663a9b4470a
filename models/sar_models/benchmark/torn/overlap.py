"""How well regions lie on their true ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from sar_models.benchmark.torn.cells import Regions


@dataclass(frozen=True)
class Overlap:
    """Overlap of every cell of a pair with its true region, each in [0, 1].

    Parameters
    ----------
    iou : tuple of float
        Intersection over union.
    dice : tuple of float
        Twice the intersection over the sum of both areas.
    """

    iou: tuple[float, ...]
    dice: tuple[float, ...]

    @property
    def miou(self) -> float:
        """Mean IoU over the cells; 0 without cells."""
        return float(np.mean(self.iou)) if self.iou else 0.0

    @property
    def mdice(self) -> float:
        """Mean Dice over the cells; 0 without cells."""
        return float(np.mean(self.dice)) if self.dice else 0.0


def overlap(found: Regions, true: Regions) -> Overlap:
    """Compare found regions with the true ones of the same index, ``(N,)`` each."""
    shared = shapely.area(shapely.intersection(found, true))
    total = shapely.area(found) + shapely.area(true)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = np.nan_to_num(shared / (total - shared))
        dice = np.nan_to_num(2 * shared / total)
    return Overlap(tuple(iou.tolist()), tuple(dice.tolist()))
