"""What is measured on an alignment, and what it amounts to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.alignment import Quality
from sar_models.engine.registered import AFFINE_TOLERANCE, FIELD_TOLERANCE, pull

if TYPE_CHECKING:
    from sar_models.engine.ambiguity import Lead
    from sar_models.engine.maps import FieldMap
    from sar_models.engine.registered import Registered
    from sar_models.engine.section import Section

ALIGNED_FROM = 5.6
"""Evidence from which on a pair counts as aligned.

The ten real pairs reach 7 and more, generated ones 7 and mostly 9; wrong pairs of all kinds stay
below 4.6 where their signs are combined at their worst.
"""
PARTIAL_FROM = 4.6
"""Evidence from which on a placement is shown at all, as one that needs a person's eye."""
LEVEL_SUPPORT = 0.3
"""Repeated levels of a block are true matches: their blocks agree as those of any other."""

_VERIFIED_CONTRAST = 0.04
_STEEPNESS = 1.3
_MIN_RATIO = 2.5 * math.log(1.35)
_MIN_SUPPORT = 3.5 * math.log(0.16 / 0.12)
_SUPPORT_BY_CHANCE = 0.12
_CLEAR_MARGIN = 12.0 * math.log(1.1)
_FULL_SUPPORT = 3.5 * math.log(0.5 / _SUPPORT_BY_CHANCE)


@dataclass(frozen=True)
class Evidence:
    """Independent signs that a placement is right, each with its share of the sum.

    Parameters
    ----------
    margin : float
        From the pose's lead over other turns.
    ratio : float
        From the contrast's lead over that of accidental placements.
    support : float
        From the blocks that agree with the affine placement.
    agreement : float
        Whether pose search and contrast chose the same placement.
    """

    margin: float
    ratio: float
    support: float
    agreement: float

    @property
    def total(self) -> float:
        """Sum of all signs; see `ALIGNED_FROM`."""
        return self.margin + self.ratio + self.support + self.agreement

    @property
    def is_sufficient(self) -> bool:
        """Whether the placement counts as aligned: enough in all, and neither check is silent.

        Where another turn fits as well, half of the blocks have to agree: a single square of a
        shuffled mosaic is a right match of a small part.
        """
        if self.margin < _CLEAR_MARGIN and self.support < _FULL_SUPPORT:
            return False
        return (
            self.total >= ALIGNED_FROM and self.ratio >= _MIN_RATIO and self.support >= _MIN_SUPPORT
        )

    @property
    def probability(self) -> float:
        """The sum as a number in (0, 1), one half where a pair begins to count as aligned."""
        return 1.0 / (1.0 + math.exp(-_STEEPNESS * (self.total - ALIGNED_FROM)))


def total_of(probability: float) -> float:
    """Return the sum of signs that a recorded :attr:`Evidence.probability` stands for."""
    inside = min(max(probability, 1e-6), 1.0 - 1e-6)
    return ALIGNED_FROM + math.log(inside / (1.0 - inside)) / _STEEPNESS


def weigh(lead: Lead, affine_support: float) -> Evidence:
    """Return the evidence for placements that lead by so much.

    Notes
    -----
    Each sign is capped, so that no single one carries a pair: some textures lead by their outline
    alone, some repeat themselves. Blocks agree by chance to a tenth, so that support counts from
    there on, and against a placement below.
    """
    return Evidence(
        margin=12.0 * math.log(min(max(lead.pose_margin, 1.0), 1.35)),
        ratio=2.5 * math.log(min(max(lead.contrast_ratio, 1.0), 3.0)),
        support=3.5 * math.log(min(max(affine_support, 0.065), 0.8) / _SUPPORT_BY_CHANCE),
        agreement=1.0 if lead.found_first else -1.0,
    )


def verified_share(registered: Registered) -> float:
    """Return the share of the common tissue whose own tile stands out against shifts."""
    fit = registered.fit
    stands_out = fit.local > _VERIFIED_CONTRAST
    return float((fit.weight * stands_out).sum() / max(float(fit.weight.sum()), 1e-6))


def common_share(registered: Registered, target: Section) -> float:
    """Return the tissue of both sides over that of the side that has less of it.

    Source tissue beyond the target's picture does not count: nobody knows what it lies on.
    """
    pair = registered.pair
    known = pull(pair.target_known, registered.field)
    # Canonical pixels are as large as the target's.
    least = min(float((pair.source_mask * known).sum()), float(target.mask.sum()))
    return float(registered.both.sum()) / max(least, 1.0)


def overlap_of(registered: Registered) -> float:
    """Return the tissue of both sides over the source's tissue."""
    return float(registered.both.sum() / max(float(registered.pair.source_mask.sum()), 1.0))


def measure(registered: Registered, lead: Lead, evidence: Evidence, found: FieldMap) -> Quality:
    """Return the figures of an alignment."""
    pair, matches = registered.pair, registered.matches
    agree = matches.agreeing(FIELD_TOLERANCE * pair.long_side_px)
    residual = np.hypot(matches.shifts[agree, 0], matches.shifts[agree, 1])
    working_to_slide = found.target_from_canonical.scale
    jacobian = found.jacobian
    return Quality(
        {
            "evidence": evidence.total,
            "shift_contrast": registered.fit.contrast,
            "contrast_ratio": lead.contrast_ratio,
            "pose_margin": lead.pose_margin,
            "affine_support_share": registered.affine_support,
            "verified_share": verified_share(registered),
            "similarity": registered.fit.similarity,
            "anchors": float(len(matches.peaks)),
            "inliers": float(agree.sum()),
            "inlier_ratio": float(agree.mean()) if agree.size else 0.0,
            "median_residual_px": float(np.median(residual)) * working_to_slide
            if residual.size
            else float("nan"),
            "overlap": overlap_of(registered),
            "folding": found.folding,
            "area_change_min_ratio": float(jacobian.min()),
            "area_change_max_ratio": float(jacobian.max()),
            "affine_tolerance_px": AFFINE_TOLERANCE * pair.long_side_px * working_to_slide,
        }
    )
