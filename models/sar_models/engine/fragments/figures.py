"""Figures and risk of an alignment in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.alignment import Quality, Reason, Risk
from sar_models.engine.quality import measure
from sar_models.engine.risk import assess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sar_models.engine.assemble import Part
    from sar_models.engine.fragments.placed import Placed

    Mask = NDArray[np.bool_]

_SUMS = ("anchors", "inliers")
_WORST = {"area_change_min_ratio": min, "area_change_max_ratio": max, "folding": max}
_TOP = 4
_SEAM_RISK, _MOST_SEAM_RISK = 4.0, 0.6
MOST_SEAMS = 0.08
"""Share of the pieces' outlines up to which seams are where pieces touch."""


def part_metrics(part: Part, piece: Placed) -> Mapping[str, float]:
    """Return the figures of one piece, as of a whole section."""
    lead = piece.hypothesis.ranking.alone
    return measure(part.registered, lead, part.evidence, part.mapped).metrics


def figures_of(
    parts: Sequence[Part],
    each: Sequence[Mapping[str, float]],
    alone: tuple[Mask, Mask],
    seams: float,
) -> Quality:
    """Return the figures of all pieces: sums, worst values, and means by their area.

    Parameters
    ----------
    parts : sequence of Part
    each : sequence of mapping
        The figures of each, see `part_metrics`.
    alone : pair of (H, W) bool
        Tissue of source and target without a counterpart.
    seams : float
        Share of the pieces' outlines that is a seam.
    """
    weights = np.array([float(part.source.sum()) for part in parts])
    merged: dict[str, float] = {}
    for name in each[0]:
        values = np.array([metrics[name] for metrics in each])
        if name in _SUMS:
            merged[name] = float(values.sum())
        elif name in _WORST:
            merged[name] = float(_WORST[name](values))
        else:
            known = np.isfinite(values)
            merged[name] = (
                float(np.average(values[known], weights=weights[known]))
                if known.any()
                else float("nan")
            )
    merged["inlier_ratio"] = merged["inliers"] / max(merged["anchors"], 1.0)
    merged["pieces"] = float(len(parts))
    merged["seam_share"] = seams
    merged["paired_source_share"] = _paired_share(parts, alone, 0)
    merged["paired_target_share"] = _paired_share(parts, alone, 1)
    return Quality(merged)


def risk_of(
    parts: Sequence[Part],
    each: Sequence[Mapping[str, float]],
    alone: tuple[Mask, Mask],
    seams: float,
) -> Risk:
    """Return the risk of all pieces: by area, and never far below that of the riskiest one.

    Each piece is judged as a whole section would be. Tissue without a counterpart is named but is
    no fault of the alignment: lost and control tissue has none.
    """
    shares = np.array([float(part.source.sum()) for part in parts])
    shares /= shares.sum()
    risks = [assess(metrics, part.evidence, 1.0) for part, metrics in zip(parts, each, strict=True)]
    scores = np.array([risk.score for risk in risks])
    reasons = [
        Reason(reason.code, f"{_name(part)}: {reason.text}", reason.weight * (0.5 + 0.5 * share))
        for part, share, risk in zip(parts, shares, risks, strict=True)
        for reason in risk.reasons
    ]
    for side, index in (("source", 0), ("target", 1)):
        left = 1.0 - _paired_share(parts, alone, index)
        if left > 0.05:
            reasons.append(
                Reason(
                    f"unpaired-{side}",
                    f"{left:.0%} of the {side} tissue has no counterpart on the other slide.",
                    0.5 * left,
                )
            )
    if seams > MOST_SEAMS:
        reasons.append(
            Reason(
                "seams",
                f"{seams:.0%} of the pieces' outlines is no tear: tissue goes on there on both "
                "slides.",
                0.7,
            )
        )
    reasons.sort(key=lambda reason: -reason.weight)
    score = max(float((scores * shares).sum()), 0.6 * float(scores.max()))
    if seams > MOST_SEAMS:
        score = 1.0 - (1.0 - score) * (1.0 - min(_SEAM_RISK * seams, _MOST_SEAM_RISK))
    return Risk(score, tuple(reasons[:_TOP]))


def _name(part: Part) -> str:
    return part.id.replace("-", " ").capitalize()


def _paired_share(parts: Sequence[Part], alone: tuple[Mask, Mask], index: int) -> float:
    paired = sum(int((part.source, part.target)[index].sum()) for part in parts)
    return paired / max(paired + int(alone[index].sum()), 1)
