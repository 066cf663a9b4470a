"""Pictures of a training: its curves, and what the network makes of held-out views."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import uniform_filter1d

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_TRAINING, _VALIDATION, _BEST = "#9aa0a6", "#0072b2", "#d55e00"
"""Two of them Okabe and Ito's, as in the report."""
_SMOOTH_STEPS = 25
_COLUMNS = 4
_CELL_IN = 1.35
_WIDE = 4.0
_TITLES = {"neighbour_ratio": "stains over places", "score": "score: lowest is best"}


def draw_curves(history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write losses and figures over the steps: a panel each, training and validation.

    Parameters
    ----------
    history : sequence of mapping
        As `sar_models.engine.training.history.read_history` returns it, at least one step.
    path : Path
        Of the PNG.
    """
    from matplotlib.figure import Figure

    validated = [row for row in history if "validation" in row]
    names = list(validated[0]["validation"]) if validated else list(history[0]["training"])
    if validated:
        names.append("score")
    rows = -(-len(names) // _COLUMNS)
    figure = Figure(figsize=(3.2 * _COLUMNS, 2.6 * rows), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        _draw_panel(axes, name, history, validated)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    labelled = panels[0].get_legend_handles_labels()
    figure.legend(*labelled, loc="outside upper center", ncols=len(labelled[0]), frameon=False)
    figure.savefig(path, dpi=130)


def _draw_panel(
    axes: Axes,
    name: str,
    history: Sequence[Mapping[str, Any]],
    validated: Sequence[Mapping[str, Any]],
) -> None:
    trained = [(row["step"], row["training"][name]) for row in history if name in row["training"]]
    if trained:
        steps, losses = np.array(trained).T
        smooth = uniform_filter1d(losses, min(_SMOOTH_STEPS, len(losses)), mode="nearest")
        label = f"training, mean of {_SMOOTH_STEPS} steps"
        axes.plot(steps, smooth, color=_TRAINING, linewidth=1, label=label)
    if validated:
        values = [row["score"] if name == "score" else row["validation"][name] for row in validated]
        steps = np.array([row["step"] for row in validated])
        axes.plot(steps, values, ".-", color=_VALIDATION, label="validation, other tissue")
        for best in [i for i, row in enumerate(validated) if row["best"]][-1:]:
            axes.plot(steps[best], values[best], "o", color=_BEST, fillstyle="none", label="best")
    axes.set_yscale("log")
    for axis_formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        axis_formatter(partial(_tick, axes))
    axes.tick_params(which="both", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(_TITLES.get(name, name), fontsize=10)
    axes.set_xlabel("step", fontsize=8)


def _tick(axes: Axes, value: float, position: int | None) -> str:
    """Return a number without exponent; over a wide range only 1, 2 and 5 times powers of ten."""
    del position
    low, high = axes.get_ylim()
    crowded = high > _WIDE * low and f"{value:.1e}"[0] not in "125"
    return "" if crowded else f"{value:.4g}"


def draw_samples(pictures: NDArray[np.uint8], columns: Sequence[str], path: Path) -> None:
    """Write a table of pictures.

    Parameters
    ----------
    pictures : (B, N, H, W, 3) uint8
    columns : sequence of str
        What each of the N columns shows.
    path : Path
        Of the PNG.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    count = pictures.shape[0]
    size = (_CELL_IN * len(columns), _CELL_IN * count + 0.5)
    close = ConstrainedLayoutEngine(w_pad=0.01, h_pad=0.01, wspace=0.01, hspace=0.01)
    figure = Figure(figsize=size, layout=close)
    for cells, row in zip(
        figure.subplots(count, len(columns), squeeze=False), pictures, strict=True
    ):
        for axes, picture in zip(cells, row, strict=True):
            axes.imshow(picture, interpolation="nearest")
            axes.set_axis_off()
    for axes, title in zip(figure.axes, columns, strict=False):
        axes.set_title(title, fontsize=8)
    figure.savefig(path, dpi=150)
