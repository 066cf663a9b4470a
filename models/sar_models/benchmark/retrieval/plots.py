"""Pictures of the regimes: errors by regime, and by the number of anchors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.retrieval.regimes import EQUAL_PX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from sar_models.benchmark.retrieval.regimes import Cell

_COLOURS = {
    "mls-rigid": "#0072b2",
    "consensus-mls": "#56b4e9",
    "consensus-rigid": "#009e73",
    "affine": "#f0e442",
    "tps": "#cc79a7",
    "paper": "#e69f00",
    "paired": "#d55e00",
}
"""Okabe and Ito's, as in the report."""
_COLUMNS = 3
_WIDE = 8.0


def draw_regimes(cells: Sequence[Cell], path: Path) -> None:
    """Write the median error over the number of anchors, a panel for each regime."""
    from matplotlib.figure import Figure

    regimes = list(dict.fromkeys(cell.regime for cell in cells))
    rows = -(-len(regimes) // _COLUMNS)
    figure = Figure(figsize=(3.4 * _COLUMNS, 2.9 * rows), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, regime in zip(panels, regimes, strict=False):
        _panel(axes, regime, [cell for cell in cells if cell.regime == regime])
    for axes in panels[len(regimes) :]:
        axes.set_axis_off()
    labelled = panels[0].get_legend_handles_labels()
    figure.legend(*labelled, loc="outside upper center", ncols=len(labelled[0]), frameon=False)
    figure.savefig(path, dpi=150)


def _panel(axes: Axes, regime: str, cells: Sequence[Cell]) -> None:
    for name in dict.fromkeys(cell.retriever for cell in cells):
        own = [cell for cell in cells if cell.retriever == name]
        medians = [max(float(np.median(cell.error_px)), EQUAL_PX) for cell in own]
        wide = 2.0 if name == "paired" else 1.1
        counts = [cell.anchors for cell in own]
        axes.plot(counts, medians, ".-", color=_COLOURS[name], linewidth=wide, label=name)
    axes.set_yscale("log")
    for formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        formatter(partial(_tick, axes))
    axes.set_title(regime, fontsize=10)
    axes.set_xlabel("anchors", fontsize=8)
    axes.set_ylabel("median error, px", fontsize=8)
    axes.tick_params(which="both", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _tick(axes: Axes, value: float, position: int | None) -> str:
    """Return a number without exponent; over a wide range powers of ten alone."""
    del position
    low, high = axes.get_ylim()
    crowded = high > _WIDE * low and f"{value:.1e}"[0] != "1"
    return "" if crowded else f"{value:g}"
