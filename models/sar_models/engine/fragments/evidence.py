"""What speaks for the placement of one piece."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.quality import Evidence, weigh

if TYPE_CHECKING:
    from sar_models.engine.ambiguity import Lead

OBVIOUS = 5.0
"""Evidence of pose and contrast alone from which on no other look is needed; wrong placements
reach 3.7."""
LEAST_LEAD = 0.8
"""Evidence of pose and contrast alone without which blocks that agree are an accident."""
_SMALL_SHARE, _LARGE_SHARE = 0.05, 0.2
_SMALL_NEEDS, _LARGE_NEEDS = 7.0, 5.0
_AGAIN = 0.5


def weigh_piece(lead: Lead, support: float) -> Evidence:
    """Return the evidence for a placement of a piece that leads by so much.

    Parameters
    ----------
    lead : Lead
    support : float
        Share of its blocks that agree.

    Notes
    -----
    As for whole sections, but for the leads. Pieces are compared by edges too, and tried at more
    places: by accident one place seldom stands out above the next best by a fifth, which pose came
    first says less, and a pose that lies far behind another one speaks against it.
    """
    whole = weigh(lead, support)
    return Evidence(
        margin=12.0 * math.log(min(max(lead.pose_margin, 0.75), 1.35)),
        ratio=8.0 * math.log(min(max(lead.contrast_ratio, 1.0), 2.0)),
        support=whole.support,
        agreement=0.5 * whole.agreement,
    )


def weigh_place(lead: Lead) -> float:
    """Return what pose and contrast say about a piece, whatever its blocks do."""
    evidence = weigh_piece(lead, 0.0)
    return evidence.total - evidence.support


def needed(share: float, *, again: bool) -> float:
    """Return the evidence that a piece needs.

    Parameters
    ----------
    share : float
        Of all tissue on its slide: small pieces fit by chance more often.
    again : bool
        Whether it was searched before: so does what is tried more often.
    """
    by_size = np.interp(share, (_SMALL_SHARE, _LARGE_SHARE), (_SMALL_NEEDS, _LARGE_NEEDS))
    return float(by_size) + _AGAIN * again
