"""A picture of risks and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.failures.figures import HARD_BAND, WRONG_FROM
from sar_models.benchmark.failures.planting import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sar_models.benchmark.failures.trial import Judgement

_COLOURS = {"found": "#0072b2", "elsewhere": "#d55e00", "off": "#e69f00", "bent": "#009e73"}
_WORDS = {
    "found": "as the engine aligned",
    "elsewhere": "the right place hidden",
    "off": "started elsewhere",
    "bent": "bent afterwards",
}
_LEAST, _MOST = 3e-4, 1.0


def draw_failures(judgements: Sequence[Judgement], path: Path) -> None:
    """Write risk over error of every alignment as a PNG; needs matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.axvspan(100 * HARD_BAND[0], 100 * HARD_BAND[1], color="#f1f3f4", label="hard band")
    axes.axvline(100 * WRONG_FROM, color="#202124", linewidth=1, linestyle="--")
    for kind in KINDS:
        some = [judgement for judgement in judgements if judgement.kind == kind]
        error = np.clip([judgement.error_share for judgement in some], _LEAST, _MOST)
        axes.scatter(
            100 * error,
            [judgement.risk for judgement in some],
            s=16,
            alpha=0.8,
            color=_COLOURS[kind],
            label=_WORDS[kind],
        )
    axes.set_xscale("log")
    axes.set_xlim(100 * _LEAST, 100 * _MOST)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(
        "median error at landmarks, % of the target's diagonal (wrong from the line on)"
    )
    axes.set_ylabel("risk")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center right")
    figure.savefig(path, dpi=130)
