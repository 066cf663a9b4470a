"""Pictures of error against the strength of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.scene.distortions import DISTORTIONS, STRENGTHS, distorted
from sar_models.benchmark.scene.registering import LOST
from sar_models.benchmark.training_plots import draw_samples
from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from sar_models.benchmark.scene.shift import ShiftPoint

_COLOURS = {"scene": "#0072b2", "haematoxylin": "#d55e00", "density": "#009e73"}
"""Okabe and Ito's, as in the report."""
_ASIDE = 0.012
_EXAMPLE = PairOptions(size_px=240, mpp=12.0, jpeg=False)


def draw_shift(points: Sequence[ShiftPoint], seed: int, folder: Path) -> None:
    """Write ``shift.png`` (error and found poses over strength) and ``changes.png`` (examples)."""
    from matplotlib.figure import Figure

    kinds = list(dict.fromkeys(point.kind for point in points))
    figure = Figure(figsize=(3.2 * len(kinds), 5.4), layout="constrained")
    panels = figure.subplots(2, len(kinds), squeeze=False, sharey="row", sharex=True)
    for column, kind in enumerate(kinds):
        for row, (name, factor) in enumerate((("error", 100.0), ("found", 100.0))):
            own = [point for point in points if point.kind == kind]
            _draw_panel(panels[row, column], own, name, factor)
        panels[0, column].set_title(kind)
        panels[0, column].set_yscale("log")
        panels[0, column].axhline(100 * LOST, color="#9aa0a6", linestyle=":", linewidth=1)
        panels[1, column].set_ylim(-4, 104)
        panels[1, column].set_xlabel(f"strength\n1: {DISTORTIONS[kind].unit}", fontsize=8)
    panels[0, 0].set_ylabel("median error, % of diagonal")
    panels[1, 0].set_ylabel("poses found, % of pairs")
    labelled = panels[0, 0].get_legend_handles_labels()
    figure.legend(*labelled, loc="outside upper center", ncols=len(labelled[0]), frameon=False)
    figure.savefig(folder / "shift.png", dpi=140)
    _draw_changes(kinds, seed, folder / "changes.png")


def _draw_panel(axes: Axes, points: Sequence[ShiftPoint], name: str, factor: float) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    for number, channel in enumerate(dict.fromkeys(point.channel for point in points)):
        own = [point for point in points if point.channel == channel]
        intervals = [getattr(point, name) for point in own]
        # Channels stand beside each other, not on top.
        at = np.array([point.strength for point in own]) + _ASIDE * number
        value = factor * np.array([i.value for i in intervals])
        ends = factor * np.array([(i.low, i.high) for i in intervals]).T
        axes.errorbar(
            at,
            value,
            yerr=np.maximum(np.abs(ends - value), 0.0),
            color=_COLOURS.get(channel, "#7b3294"),
            marker="o",
            markersize=4,
            linewidth=1.2,
            elinewidth=0.8,
            capsize=2,
            label=channel,
        )


def _draw_changes(kinds: Sequence[str], seed: int, path: Path) -> None:
    """Draw one target under all changes: a row each."""
    image = generate_pair(seed, _EXAMPLE).target.image
    rows = [[distorted(image, kind, s, seed) for s in (0.0, *STRENGTHS)] for kind in kinds]
    columns = ["unchanged", *(f"strength {s:g}" for s in STRENGTHS)]
    draw_samples(np.array(rows), columns, path)
