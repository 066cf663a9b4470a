"""What an alignment says about points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points

Direction = Literal["forward", "inverse"]
"""``forward`` maps source points to the target slide, ``inverse`` the other way."""


class Status(StrEnum):
    """What became of one point."""

    MAPPED = "mapped"
    GLASS = "glass"
    NO_COUNTERPART = "no-counterpart"
    AMBIGUOUS = "ambiguous"
    OUTSIDE = "outside"


@dataclass(frozen=True, eq=False)
class Mapping:
    """Points mapped through an alignment. Nothing downstream looks at bare NaNs.

    Parameters
    ----------
    points : (N, 2) array
        Level-0 pixels of the other slide; NaN where ``status`` is neither mapped nor glass.
    status : (N,) array of Status values
        ``mapped``: on paired tissue; ``glass``: beside it, follows the nearest fragment within
        the reach; ``no-counterpart``: on tissue that the other slide does not have;
        ``ambiguous``: several placements are equally good; ``outside``: far from all tissue or
        beyond what the transform covers.
    fragment : (N,) int array
        Index of the fragment that was followed, -1 for none.
    sigma_px : (N,) array
        Expected error, level-0 pixels of the other slide; NaN where not mapped.
    sigma_um : (N,) array or None
        The same in micrometres, where the other slide's mpp is known.
    """

    points: Points
    status: NDArray[np.str_]
    fragment: NDArray[np.intp]
    sigma_px: NDArray[np.float64]
    sigma_um: NDArray[np.float64] | None

    @property
    def has_counterpart(self) -> NDArray[np.bool_]:
        """Whether each point has a place on the other slide, ``(N,)``."""
        return np.asarray((self.status == Status.MAPPED) | (self.status == Status.GLASS))
