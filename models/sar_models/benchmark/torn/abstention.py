"""Whether an alignment keeps silent about tissue that has no counterpart, and only about that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.torn.tissue_points import STEP_PX
from sar_models.domain.alignment import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_models.benchmark.torn.tissue_points import TissuePoints
    from sar_models.domain.alignment import Alignment, Mapping


@dataclass(frozen=True)
class Abstention:
    """Areas of tissue on both slides, pixels of the thumbnail squared; they add up over pairs.

    Parameters
    ----------
    unpaired : float
        Foreign and lost tissue: there an alignment has to abstain.
    unpaired_mapped : float
        Of that, what was given a place as tissue (status ``mapped``).
    unpaired_on_glass : float
        Of that, what was taken for glass and followed the nearest tissue.
    paired : float
        Tissue that both slides show.
    paired_abstained : float
        Of that, what was given no place.
    """

    unpaired: float
    unpaired_mapped: float
    unpaired_on_glass: float
    paired: float
    paired_abstained: float

    @property
    def unpaired_abstained(self) -> float:
        """Area without a counterpart that was rightly given no place."""
        return self.unpaired - self.unpaired_mapped - self.unpaired_on_glass

    @property
    def foreign_mapped(self) -> float | None:
        """Share of tissue without a counterpart that was mapped as tissue; ``None`` without any."""
        return _ratio(self.unpaired_mapped, self.unpaired)

    @property
    def precision(self) -> float | None:
        """Share of the abstained area that has no counterpart; ``None`` if nothing abstained."""
        return _ratio(self.unpaired_abstained, self.unpaired_abstained + self.paired_abstained)

    @property
    def recall(self) -> float | None:
        """Share of the area without a counterpart that was abstained; ``None`` without any."""
        return _ratio(self.unpaired_abstained, self.unpaired)


def pooled(parts: Iterable[Abstention]) -> Abstention:
    """Add up areas."""
    total = Abstention(0.0, 0.0, 0.0, 0.0, 0.0)
    for part in parts:
        total = Abstention(
            total.unpaired + part.unpaired,
            total.unpaired_mapped + part.unpaired_mapped,
            total.unpaired_on_glass + part.unpaired_on_glass,
            total.paired + part.paired,
            total.paired_abstained + part.paired_abstained,
        )
    return total


def abstention(points: TissuePoints, alignment: Alignment) -> Abstention:
    """Measure both directions: source tissue forward, target tissue by the inverse."""
    return pooled(
        (
            _areas(alignment.map(points.paired), alignment.map(points.unpaired)),
            _areas(
                alignment.map(points.target_paired, "inverse"),
                alignment.map(points.target_unpaired, "inverse"),
            ),
        )
    )


def _areas(paired: Mapping, unpaired: Mapping) -> Abstention:
    cell = STEP_PX**2
    return Abstention(
        unpaired=cell * len(unpaired.status),
        unpaired_mapped=cell * int(np.count_nonzero(unpaired.status == Status.MAPPED)),
        unpaired_on_glass=cell * int(np.count_nonzero(unpaired.status == Status.GLASS)),
        paired=cell * len(paired.status),
        paired_abstained=cell * int(np.count_nonzero(~paired.has_counterpart)),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
