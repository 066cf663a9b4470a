"""What an alignment amounts to after a correction: figures, risk, outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.alignment import Outcome, Quality, Reason, Risk
from sar_models.engine.ambiguity import Lead
from sar_models.engine.assemble import Part
from sar_models.engine.correction.standing import registered_under
from sar_models.engine.correction.tissue import mask_of
from sar_models.engine.fragments.figures import MOST_SEAMS, figures_of
from sar_models.engine.fragments.hypothesis import SIDES, Sections
from sar_models.engine.fragments.seams import seam_share
from sar_models.engine.quality import Evidence, measure, total_of, verified_share
from sar_models.engine.risk import assess, wrong_chance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Fragment
    from sar_models.engine.correction.remade import Remade
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.run import Run

    Mask = NDArray[np.bool_]

_MIN_PAIRED_SHARE = 0.5
_MIN_VERIFIED_SHARE = 0.3
_CLEAR_SUPPORT = 0.4
_SEAM_COST = 4.0
_UNSURE = 0.7
_DISPUTED_RISK = 0.7
_SEAM_RISK, _MOST_SEAM_RISK = 4.0, 0.6
_TOP = 4


@dataclass(frozen=True, eq=False)
class Piece:
    """A fragment of the corrected alignment, judged by itself.

    Parameters
    ----------
    part : Part
    metrics : mapping
        Its figures; what only a search tells is NaN for fragments that were not touched.
    risk : Risk
        Its own.
    share_told : float
        How far its tissue counts as aligned, 0 to 1.
    """

    part: Part
    metrics: Mapping[str, float]
    risk: Risk
    share_told: float


def corrected_piece(remade: Remade) -> Piece:
    """Judge the fragment that was corrected.

    Somebody vouches for its pose; the pictures only say how far to trust the rest.
    """
    part = remade.part
    metrics = measure(part.registered, remade.lead, part.evidence, part.mapped).metrics
    risk = assess(metrics, part.evidence, 1.0)
    reasons = [
        Reason(
            "disputed-tissue",
            f"It lies on target tissue that {_named(name).lower()} holds too: one of both is "
            "wrong there.",
            1.0,
        )
        for name in remade.disputed
    ]
    score = max(risk.score, _DISPUTED_RISK) if reasons else risk.score
    seen = verified_share(part.registered) >= _MIN_VERIFIED_SHARE
    return Piece(
        part, metrics, Risk(score, (*reasons, *risk.reasons)), 1.0 if seen else _clear(part)
    )


def standing_piece(
    run: Run, prepared: PreparedPair, parent: Alignment, fragment: Fragment
) -> Piece | None:
    """Judge a fragment that the correction leaves as it is; ``None`` where no tissue is found.

    Its map is measured on the slides. How far its place leads over others only a search tells: the
    evidence that was recorded with it stands, and so do the reasons that name it.
    """
    own = mask_of((fragment.source,), prepared.source)
    if not own.any():
        return None
    source = prepared.source.masked(own)
    registered, _ = registered_under(fragment.transform, source, prepared.target, run.device)
    total = total_of(fragment.confidence)
    evidence = Evidence(margin=0.0, ratio=total, support=0.0, agreement=0.0)
    part = Part(
        fragment.id,
        own,
        mask_of((fragment.target,), prepared.target),
        registered,
        run.map_of(prepared, registered),
        evidence,
    )
    unknown = Lead(float("nan"), float("nan"), True)
    metrics = measure(registered, unknown, evidence, part.mapped).metrics
    sure = fragment.confidence >= 0.5
    score = wrong_chance(metrics)
    if not sure or metrics["folding"] > 0:
        score = max(score, _UNSURE)
    opening = f"{_named(fragment.id)}: "
    reasons = tuple(
        Reason(reason.code, reason.text.removeprefix(opening), reason.weight)
        for reason in parent.risk.reasons
        if reason.text.startswith(opening)
    )
    return Piece(part, metrics, Risk(score, reasons), _clear(part) if sure else 0.0)


def judged(
    pieces: Sequence[Piece], alone: tuple[Mask, Mask], sections: Sections
) -> tuple[Outcome, Quality, Risk]:
    """Return what all pieces together amount to.

    Parameters
    ----------
    pieces : sequence of Piece
        At least one.
    alone : pair of (H, W) bool
        Tissue of source and target without a counterpart.
    sections : Sections
    """
    parts = [piece.part for piece in pieces]
    # Outlines are simplified: the pixels that they lose along a piece are no tissue beside it.
    held = Sections(
        sections.source.masked(np.logical_or.reduce([alone[0], *(part.source for part in parts)])),
        sections.target.masked(np.logical_or.reduce([alone[1], *(part.target for part in parts)])),
        sections.scale,
    )
    seams = seam_share(parts, held)
    quality = figures_of(parts, [piece.metrics for piece in pieces], alone, seams)
    share = max(
        sum(piece.share_told * int(getattr(piece.part, side).sum()) for piece in pieces)
        / max(int(sections.tissue(side).sum()), 1)
        for side in SIDES
    )
    told = share - _SEAM_COST * seams >= _MIN_PAIRED_SHARE
    outcome = Outcome.ALIGNED if told else Outcome.PARTIAL
    return outcome, quality, _risk(pieces, quality, seams)


def _risk(pieces: Sequence[Piece], quality: Quality, seams: float) -> Risk:
    """Return the risk of all pieces: by area, and never far below that of the riskiest one."""
    shares = np.array([float(piece.part.source.sum()) for piece in pieces])
    shares /= shares.sum()
    scores = np.array([piece.risk.score for piece in pieces])
    score = max(float((scores * shares).sum()), _UNSURE * float(scores.max()))
    reasons = [
        Reason(reason.code, f"{_named(piece.part.id)}: {reason.text}", reason.weight)
        for piece in pieces
        for reason in piece.risk.reasons
    ]
    for side in SIDES:
        left = 1.0 - quality.metrics[f"paired_{side}_share"]
        if left > 0.05:
            text = f"{left:.0%} of the {side} tissue has no counterpart on the other slide."
            reasons.append(Reason(f"unpaired-{side}", text, 0.5 * left))
    if seams > MOST_SEAMS:
        text = (
            f"{seams:.0%} of the pieces' outlines is no tear: tissue goes on there on both slides."
        )
        reasons.append(Reason("seams", text, 0.7))
        score = 1.0 - (1.0 - score) * (1.0 - min(_SEAM_RISK * seams, _MOST_SEAM_RISK))
    reasons.sort(key=lambda reason: -reason.weight)
    return Risk(min(score, 1.0), tuple(reasons[:_TOP]))


def _clear(part: Part) -> float:
    """Return how far a piece counts: fully where its blocks agree as those of clear ones do."""
    return min(part.registered.affine_support / _CLEAR_SUPPORT, 1.0)


def _named(name: str) -> str:
    return name.replace("-", " ").capitalize()
