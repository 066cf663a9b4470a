"""An alignment in a few lines for people at a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from sar_models.domain.alignment import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Size

_STYLE = {
    Outcome.ALIGNED: "bold green",
    Outcome.PARTIAL: "bold yellow",
    Outcome.AMBIGUOUS: "bold yellow",
    Outcome.FAILED: "bold red",
}

_TOLD_AS_PLACED = frozenset({"unpaired-source", "unpaired-target", "unpaired-tissue"})
"""Reasons that the line about pieces says already."""


def alignment_summary(alignment: Alignment, folder: Path) -> RenderableType:
    """Return outcome, pieces, risk with its reasons, expected error, and where the report is."""
    pair = alignment.pair
    lines: list[RenderableType] = [
        Text.assemble(
            (alignment.outcome.value, _STYLE[alignment.outcome]),
            f"  {pair.source.name} → {pair.target.name}   risk {alignment.risk.score:.2f}",
        )
    ]
    if alignment.failure:
        lines.append(Text(f"  why: {alignment.failure}"))
    placed = _placed(alignment)
    if placed:
        lines.append(Text(f"  {placed}"))
    lines += [
        Text(f"  · {reason.text}")
        for reason in alignment.risk.reasons
        if reason.text != alignment.failure and reason.code not in _TOLD_AS_PLACED
    ]
    lines += [
        Text(
            f"  placement {number}: turned by {placement.target_from_source.rotation_deg:.0f}°, "
            f"score {placement.score:.2f}; choose it with --target-roi "
            + ",".join(f"{v:.0f}" for v in _box(placement.target_outline.bounds, pair.target.size))
        )
        for number, placement in enumerate(alignment.placements, start=1)
    ]
    error = _expected_error(alignment)
    if error:
        lines.append(Text(f"  expected error: {error}, median over the anchors"))
    lines.append(f"  report: {escape(str(folder / 'report.html'))}")
    return Group(*lines)


def _placed(alignment: Alignment) -> str:
    """Return how many pieces were placed and how much tissue was not; empty if there is neither."""
    # Only here: the report brings image libraries, which `--help` need not wait for.
    from sar_models.report.coverage import paired_share_source, paired_share_target, placed_pieces
    from sar_models.report.units import percent
    from sar_models.report.wording import WORTH_TELLING

    if not alignment.fragments:
        return ""
    shares = [
        f"{percent(1 - share)} of the {side}"
        for side, share in (
            ("source", paired_share_source(alignment)),
            ("target", paired_share_target(alignment)),
        )
        if 1 - share >= WORTH_TELLING
    ]
    count = placed_pieces(alignment)
    told = [f"{count} piece{'s' if count > 1 else ''} placed"] if count else []
    if shares:
        verb = "have" if len(shares) > 1 else "has"
        told.append(f"{' and '.join(shares)} tissue {verb} no counterpart")
    elif count:
        told.append("all tissue has a counterpart")
    return "; ".join(told)


def _box(
    bounds: tuple[float, float, float, float], size: Size
) -> tuple[float, float, float, float]:
    """Return x, y, width, height of what lies on the slide, as ``--target-roi`` takes them."""
    x0, y0 = max(bounds[0], 0.0), max(bounds[1], 0.0)
    return x0, y0, min(bounds[2], size.width) - x0, min(bounds[3], size.height) - y0


def _expected_error(alignment: Alignment) -> str:
    """Return the median expected error over the anchors, in µm where the target's mpp is known."""
    anchors = alignment.anchors
    if not alignment.fragments or not anchors.inlier.any():
        return ""
    sigma = sorted(alignment.sigma.sample(anchors.source[anchors.inlier]))
    median_px = float(sigma[len(sigma) // 2])
    if not math.isfinite(median_px):
        return ""
    mpp = alignment.pair.target.mpp
    return f"{median_px * mpp.mean:.1f} µm" if mpp else f"{median_px:.1f} px (mpp unknown)"
