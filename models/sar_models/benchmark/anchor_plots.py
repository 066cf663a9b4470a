"""Picture of what extractors found on every pair. Needs matplotlib, an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.anchors import USABLE_SHARE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from sar_models.benchmark.anchors import AnchorScore

_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
"""Okabe and Ito's, as in the report."""
_WORST_SHOWN = 0.1
_GROUP_WIDTH = 0.8


def draw_anchors(scores: Sequence[AnchorScore], path: Path) -> None:
    """Write correct matches, precision and pose error of every pair as bars.

    Parameters
    ----------
    scores : sequence of AnchorScore
        All extractors on the same pairs.
    path : Path
        Of the PNG.
    """
    from matplotlib.figure import Figure

    pairs = list(dict.fromkeys(score.name for score in scores))
    figure = Figure(figsize=(10, 8), layout="constrained")
    upper, middle, lower = figure.subplots(3, 1, sharex=True)
    _bars(upper, scores, lambda score: score.matches.right)
    upper.set(ylabel="correct matches")
    _bars(middle, scores, lambda score: 100 * score.matches.precision)
    middle.set(ylabel="precision, %", ylim=(0, 100))
    _bars(lower, scores, lambda score: 100 * min(score.pose_error, _WORST_SHOWN))
    lower.axhline(100 * USABLE_SHARE, color="#202124", linewidth=0.8, linestyle="--")
    lower.set(ylabel="pose error, % of diagonal", ylim=(0, 100 * _WORST_SHOWN))
    lower.set_xticks(np.arange(len(pairs)), [_short(name) for name in pairs])
    lower.tick_params(axis="x", labelrotation=25)
    figure.legend(*upper.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    figure.savefig(path, dpi=150)


def _bars(axes: Axes, scores: Sequence[AnchorScore], value: Callable[[AnchorScore], float]) -> None:
    names = list(dict.fromkeys(score.anchors for score in scores))
    pairs = list(dict.fromkeys(score.name for score in scores))
    width = _GROUP_WIDTH / len(names)
    for index, (name, colour) in enumerate(zip(names, _COLOURS, strict=False)):
        own = {score.name: value(score) for score in scores if score.anchors == name}
        at = np.arange(len(pairs)) + (index - (len(names) - 1) / 2) * width
        heights = [own.get(pair, 0.0) for pair in pairs]
        axes.bar(at, heights, 0.92 * width, color=colour, label=name)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)


def _short(name: str) -> str:
    """Return what of a pair's name tells it from others: all but its first word."""
    return name.split("_", 1)[-1].replace("_", " to ")
