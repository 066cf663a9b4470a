"""What to try next, after a failure and where tissue was left without a counterpart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from sar_models.domain.alignment import Outcome
from sar_models.report.coverage import paired_share_source, paired_share_target

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment

_ADVICE = (
    (
        ("tissue", "blank", "empty"),
        "Look at the outlines below: is all tissue found, and nothing but tissue? If pen marks, "
        "control tissue or a label were taken for tissue, leave them out with --source-roi or "
        "--target-roi.",
    ),
    (
        ("mpp", "scale", "size"),
        "Check the pixel sizes in the slide table. Where one is missing or wrong, give it with "
        "--source-mpp or --target-mpp.",
    ),
    (
        ("small", "few", "tiny", "resolution"),
        "There is very little to compare. A scan of more tissue, or at a higher resolution, would "
        "help.",
    ),
)
_BY_PART = (
    "If only part of the tissue is shared, align that part: --source-roi and --target-roi take "
    "x,y,width,height."
)
_BY_PIECE = (
    "The tissue lies in several pieces. Choose one that you recognise on both slides and align it "
    "alone: --source-roi and --target-roi take x,y,width,height around it."
)
_IS_RIGHT = (
    "Hatched tissue was lost, lies beyond what the other slide shows, is control tissue, or could "
    "not be placed with enough evidence: nothing is mapped there."
)
_PLACE_BY_HAND = (
    "Is a hatched piece on both slides after all? Or a piece in a wrong place? Correct it alone: "
    "--parent with this folder, --fragment new (or the piece's number), and --landmarks with three "
    "points that you recognise."
)
_TRUST_THE_REST = "The pieces that are placed can be used."
_MUCH = 0.05
_PIECE_SHARE = 0.05
_ALWAYS = (
    "Check that both slides are sections of the same block, and near each other.",
    "Mark three or more points that you recognise on both slides, and align again with "
    "--landmarks points.csv.",
)


def advice_for(alignment: Alignment) -> tuple[str, ...]:
    """Return what to try after a failure, what fits its reasons first."""
    told = " ".join(
        [alignment.failure, *(f"{r.code} {r.text}" for r in alignment.risk.reasons)]
    ).lower()
    pair = alignment.pair
    if pair.source.mpp is None or pair.target.mpp is None:
        told += " mpp"
    fitting = [text for words, text in _ADVICE if any(word in told for word in words)]
    alone = _BY_PIECE if lies_in_pieces(alignment) else _BY_PART
    return (*fitting, *_ALWAYS, alone)


def hints_for(alignment: Alignment) -> tuple[str, ...]:
    """Return what to do about tissue that was left without a counterpart, if much was."""
    least = min(paired_share_source(alignment), paired_share_target(alignment))
    if not 1 - least >= _MUCH:
        return ()
    hints = [_IS_RIGHT, _PLACE_BY_HAND]
    if alignment.outcome is Outcome.PARTIAL:
        hints.append(_TRUST_THE_REST)
    return tuple(hints)


def lies_in_pieces(alignment: Alignment) -> bool:
    """Tell whether the tissue of either slide lies in several pieces worth the name."""
    for outline in (alignment.tissue_source, alignment.tissue_target):
        areas = shapely.area(shapely.get_parts(outline))
        if (areas >= _PIECE_SHARE * areas.sum()).sum() > 1:
            return True
    return False
