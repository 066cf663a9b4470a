"""How likely a reviewer would reject an alignment, and why, in words for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sar_models.domain.alignment import Reason, Risk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.engine.quality import Evidence

_TOP = 4

SIGNS = ("contrast", "inliers", "evidence")
"""What the chance of a wrong alignment is told from; see `signs_of`."""
_OFFSET = 0.83
_WEIGHTS = (-0.67, -1.58, -0.61)
"""Fitted by ``sar-align benchmark failures --seed 8 --fit`` on generated pairs alone."""
_LIMITS = ((0.01, 0.6), (0.03, 1.0), (0.0, 12.0))
"""Signs beyond these say no more."""
_CLEAR_INLIERS = 0.25
"""Share of small regions in place from which on nobody needs to be told."""


def signs_of(metrics: Mapping[str, float]) -> tuple[float, float, float]:
    """Return what tells a wrong alignment from a right one.

    Parameters
    ----------
    metrics : mapping
        Figures of :func:`sar_models.engine.quality.measure`.

    Returns
    -------
    tuple of float
        Logarithm of the shift contrast after the field, logarithm of the share of small regions
        that fit best in place, and the evidence for the placement. Similarity itself cannot be
        compared between stains, and folding and stretch say nothing under a stiff field.
    """
    names = ("shift_contrast", "inlier_ratio", "evidence")
    contrast, inliers, evidence = (
        min(max(metrics[name], low), high) for name, (low, high) in zip(names, _LIMITS, strict=True)
    )
    return math.log(contrast), math.log(inliers), evidence


def wrong_chance(metrics: Mapping[str, float]) -> float:
    """Return the chance that an alignment is off by more than 2 % of the diagonal."""
    logit = _OFFSET + sum(
        weight * sign for weight, sign in zip(_WEIGHTS, signs_of(metrics), strict=True)
    )
    return 1.0 / (1.0 + math.exp(-logit))


def assess(metrics: Mapping[str, float], evidence: Evidence, paired_share: float) -> Risk:
    """Return the risk of an alignment with its weightiest reasons.

    Parameters
    ----------
    metrics : mapping
        Figures of :func:`sar_models.engine.quality.measure`.
    evidence : Evidence
    paired_share : float
        Source tissue that was paired, of all.
    """
    reasons = sorted(_reasons(metrics, evidence, paired_share), key=lambda r: -r.weight)
    score = 1.0 - (1.0 - wrong_chance(metrics)) * (1.0 - 0.5 * (1.0 - paired_share))
    if metrics["folding"] > 0 or not evidence.is_sufficient:
        score = max(score, 0.7)
    return Risk(min(max(score, 0.0), 1.0), tuple(reasons[:_TOP]))


def _reasons(metrics: Mapping[str, float], evidence: Evidence, paired_share: float) -> list[Reason]:
    found = [
        Reason(
            "pose-margin",
            "Another turn or side of the source fits almost as well "
            f"(margin {metrics['pose_margin']:.2f}).",
            max(0.0, 1.0 - evidence.margin / 2.2),
        ),
        Reason(
            "contrast-ratio",
            "The fit hardly stands out against accidental placements "
            f"({metrics['contrast_ratio']:.1f} times as clear).",
            max(0.0, 1.0 - evidence.ratio / 2.0),
        ),
        Reason(
            "few-anchors",
            f"Only {metrics['affine_support_share']:.0%} of the small regions agree with the "
            "placement.",
            max(0.0, 1.0 - evidence.support / 2.5),
        ),
        Reason(
            "regions-elsewhere",
            f"Only {metrics['inlier_ratio']:.0%} of the small regions fit best where the map puts "
            "them.",
            max(0.0, 1.0 - metrics["inlier_ratio"] / _CLEAR_INLIERS),
        ),
        Reason(
            "search-disagrees",
            "The pose search and the check by shifts prefer different placements.",
            0.9 if evidence.agreement < 0 else 0.0,
        ),
        Reason(
            "unverified-tissue",
            f"{1 - metrics['verified_share']:.0%} of the common tissue could not be verified "
            "locally.",
            max(0.0, 0.9 - metrics["verified_share"]),
        ),
        Reason(
            "unpaired-tissue",
            f"{1 - paired_share:.0%} of the source tissue has no counterpart on the target.",
            1.0 - paired_share if paired_share < 0.95 else 0.0,
        ),
        Reason(
            "low-overlap",
            f"Only {metrics['overlap']:.0%} of the source tissue lies on target tissue.",
            max(0.0, 0.6 - metrics["overlap"]),
        ),
        Reason(
            "folding",
            f"The map folds on {metrics['folding']:.1%} of its area.",
            1.0 if metrics["folding"] > 0 else 0.0,
        ),
    ]
    return [reason for reason in found if reason.weight > 0.02]
