"""Pictures of regions: what their confidence is worth, and how small and large ones fare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.anchored.regions import RIGHT_IOU

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sar_models.benchmark.torn.region_scores import RegionScore
    from sar_models.benchmark.torn.region_summary import RegionSummary

_GIVEN, _SILENT, _LINE = "#0072b2", "#d55e00", "#9aa0a6"


def draw_region_plots(
    pairs: Sequence[Sequence[RegionScore]], summary: RegionSummary, path: Path
) -> None:
    """Write the reliability diagram beside the overlap of every shown region over its size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=_LINE, linewidth=1)
    left.plot(
        [each.confidence for each in summary.bins],
        [each.right for each in summary.bins],
        "o-",
        color=_GIVEN,
    )
    for each in summary.bins:
        left.annotate(
            str(each.count), (each.confidence, each.right), (4, -10), textcoords="offset points"
        )
    left.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share right")
    left.set_title(f"Reliability, ECE {summary.ece:.3f}; numbers are regions", fontsize=10)
    shown = [score for pair in pairs for score in pair if score.shown]
    for given, colour, label in ((True, _GIVEN, "given a place"), (False, _SILENT, "none given")):
        own = [score for score in shown if score.given is given]
        size = 2.0 * np.sqrt(np.array([score.area_px2 for score in own]) / np.pi)
        overlap = [score.iou if given else score.proposed_iou for score in own]
        right.plot(size, overlap, ".", color=colour, markersize=4, label=label)
    right.axhline(RIGHT_IOU, color=_LINE, linewidth=1)
    right.set(xscale="log", ylim=(-0.02, 1.02), xlabel="diameter, px of the thumbnail")
    right.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    right.xaxis.set_minor_formatter(lambda value, _: "")
    right.set_ylabel("IoU of what was proposed")
    right.legend(frameon=False, loc="lower right")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
