"""What the report says in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.alignment import Outcome
from sar_models.report.coverage import paired_share_source, paired_share_target
from sar_models.report.redact import plain
from sar_models.report.units import Ruler, percent

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.report.material import Material

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
    if alignment.outcome is Outcome.ALIGNED:
        return Headline("Aligned", "✓", "The tissue is aligned.", _error_sentence(material))
    if alignment.outcome is Outcome.PARTIAL:
        text = f"{_unpaired_sentence(alignment)} {_error_sentence(material)}"
        return Headline("Partial", "◐", "Part of the tissue is aligned.", text.strip())
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
    return f"A point on it is expected to lie within about {middle} of where it belongs."


def _unpaired_sentence(alignment: Alignment) -> str:
    parts = [
        f"{percent(1 - share)} of the {side} tissue"
        for side, share in (
            ("source", paired_share_source(alignment)),
            ("target", paired_share_target(alignment)),
        )
        if share < 1
    ]
    if not parts:
        return ""
    verb = "have" if len(parts) > 1 else "has"
    return f"{' and '.join(parts)} {verb} no counterpart (hatched)."


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


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
_ALWAYS = (
    "Check that both slides are sections of the same block, and near each other.",
    "Mark three or more points that you recognise on both slides, and align again with "
    "--landmarks points.csv.",
    "If only part of the tissue is shared, align that part: --source-roi and --target-roi take "
    "x,y,width,height.",
)


def advice_for(alignment: Alignment) -> tuple[str, ...]:
    """Return what to try after a failure, what fits its reasons first."""
    told = " ".join(
        [alignment.failure, *(f"{r.code} {r.text}" for r in alignment.risk.reasons)]
    ).lower()
    pair = alignment.pair
    if pair.source.mpp is None or pair.target.mpp is None:
        told += " mpp"
    fitting = (text for words, text in _ADVICE if any(word in told for word in words))
    return (*fitting, *_ALWAYS)
