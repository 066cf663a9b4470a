"""What the report says in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.alignment import Outcome
from sar_models.report.coverage import paired_share_source, paired_share_target, placed_pieces
from sar_models.report.redact import plain
from sar_models.report.units import Ruler, percent

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.report.material import Material

WORTH_TELLING = 0.01
"""Share of the tissue: rims of a piece that one slide lacks are not worth a sentence."""
_MODERATE_RISK, _HIGH_RISK = 0.2, 0.5
RISK_BANDS = (
    (0.0, _MODERATE_RISK, "low"),
    (_MODERATE_RISK, _HIGH_RISK, "moderate"),
    (_HIGH_RISK, 1.0, "high"),
)


def risk_band(score: float) -> str:
    """Return ``low``, ``moderate`` or ``high``."""
    return next(name for _, end, name in RISK_BANDS if score < end or end == 1.0)


@dataclass(frozen=True)
class Headline:
    """The outcome in words.

    Parameters
    ----------
    badge : str
        One word.
    symbol : str
        A sign that tells outcomes apart without colour.
    title, text : str
        One sentence each.
    """

    badge: str
    symbol: str
    title: str
    text: str


def headline_of(material: Material) -> Headline:
    """Return what came out, as one would tell a colleague."""
    alignment = material.alignment
    text = f"{unpaired_sentence(alignment)} {_error_sentence(material)}".strip()
    count = placed_pieces(alignment)
    if alignment.outcome is Outcome.ALIGNED:
        title = "The tissue is aligned."
        if count:
            title = "1 piece is placed." if count == 1 else f"{count} pieces are placed."
        return Headline("Aligned", "✓", title, text)
    if alignment.outcome is Outcome.PARTIAL:
        title = f"Part of the tissue is aligned{f', in {count} pieces' if count > 1 else ''}."
        return Headline("Partial", "◐", title, text)
    if alignment.outcome is Outcome.AMBIGUOUS:
        count = len(alignment.placements)
        places = f"{count} places" if count > 1 else "more than one place"
        return Headline(
            "Ambiguous",
            "?",
            f"The source fits {places} on the target equally well.",
            "Nothing is mapped until one of them is chosen; they are shown below.",
        )
    return Headline(
        "Failed", "×", "No trustworthy alignment was found.", _sentence(plain(alignment.failure))
    )


def _error_sentence(material: Material) -> str:
    if material.error is None:
        return ""
    ruler = Ruler(material.alignment.pair.target.mpp)
    middle = ruler.length(float(np.median(material.error.known)))
    where = "a piece" if placed_pieces(material.alignment) else "it"
    return f"A point on {where} is expected to lie within about {middle} of where it belongs."


def unpaired_sentence(alignment: Alignment) -> str:
    """Return how much tissue has no counterpart, as a sentence; empty where hardly any."""
    parts = [
        f"{percent(1 - share)} of the {side} tissue"
        for side, share in (
            ("source", paired_share_source(alignment)),
            ("target", paired_share_target(alignment)),
        )
        if 1 - share >= WORTH_TELLING
    ]
    if not parts:
        return ""
    verb = "have" if len(parts) > 1 else "has"
    return f"{' and '.join(parts)} {verb} no counterpart (hatched)."


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
