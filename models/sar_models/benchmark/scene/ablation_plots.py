"""Pictures of an ablation, the paper's first checks among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import uniform_filter1d

from sar_models.benchmark.intervals import over_seeds
from sar_models.benchmark.scene.ablation import RISE, RISING
from sar_models.benchmark.scene.ablation_figures import FIGURES
from sar_models.benchmark.scene.variants import FULL
from sar_models.benchmark.training_plots import draw_samples
from sar_models.engine.training.samples import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sar_models.benchmark.scene.ablation import AblationRun
    from sar_models.benchmark.scene.ablation_figures import VariantFigures

_COLOURS = ("#202124", "#d55e00", "#e69f00", "#0072b2", "#cc79a7")
"""The whole network in black; Okabe and Ito's colours for the others, as in the report."""
_PER_ROW = 4
_SMOOTH_STEPS = 9
_ASIDE = 0.012
_SCENES = (0, 2, 5, 6)
"""Columns of a training's samples: first view, second laid on it, and what is seen of both."""


def draw_ablation(figures: Sequence[VariantFigures], path: Path) -> None:
    """Write a panel for every figure: variants with their intervals over seeds."""
    from matplotlib.figure import Figure

    rows = -(-len(FIGURES) // _PER_ROW)
    picture = Figure(figsize=(3.0 * _PER_ROW, 2.5 * rows), layout="constrained")
    panels = picture.subplots(rows, _PER_ROW, squeeze=False, sharey=True).ravel()
    at = -np.arange(len(figures))
    for axes, (name, figure) in zip(panels, FIGURES.items(), strict=False):
        axes.spines[["top", "right"]].set_visible(False)
        for place, colour, own in zip(at, _COLOURS, figures, strict=True):
            interval = own.figures[name]
            axes.plot(interval.value, place, "o", color=colour, markersize=5)
            if np.isfinite(interval.low):
                axes.plot([interval.low, interval.high], [place, place], color=colour)
        axes.axvline(figures[0].figures[name].value, color="#9aa0a6", linestyle=":", linewidth=1)
        axes.set_yticks(at, [own.variant for own in figures])
        arrow = "← better" if figure.less_is_better else "better →"
        axes.set_title(figure.title, fontsize=9)
        axes.set_xlabel(arrow, fontsize=8)
        axes.tick_params(labelsize=8)
    for axes in panels[len(FIGURES) :]:
        axes.set_axis_off()
    picture.savefig(path, dpi=140)


def draw_scene_distance(runs: Sequence[AblationRun], path: Path) -> None:
    """Write how the distance of the scenes of two stains falls: in training, on other tissue."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(9, 3.6), layout="constrained")
    training, validation = picture.subplots(1, 2, sharey=True)
    for colour, variant in zip(_COLOURS, dict.fromkeys(run.variant for run in runs), strict=False):
        for number, run in enumerate([run for run in runs if run.variant == variant]):
            label = "" if number else variant
            if run.trained_distance:
                values = np.array(run.trained_distance)
                smooth = uniform_filter1d(values, min(_SMOOTH_STEPS, len(values)), mode="nearest")
                training.plot(1 + np.arange(len(values)), smooth, color=colour, linewidth=1)
            if run.scene_distance:
                steps, distances = np.array(run.scene_distance).T
                validation.plot(steps, distances, ".-", color=colour, linewidth=1, label=label)
    for axes, title in ((training, "in training"), (validation, "on other tissue")):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set(xlabel="step", title=title, yscale="log")
    training.set_ylabel("mean squared distance of S_A and S_B")
    validation.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    picture.savefig(path, dpi=140)


def draw_rising(runs: Sequence[AblationRun], path: Path) -> None:
    """Write error and found poses against a rising change of intensity."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(9, 3.6), layout="constrained")
    panels = picture.subplots(1, 2)
    strengths = (0.0, *RISE)
    for number, variant in enumerate(dict.fromkeys(run.variant for run in runs)):
        own = [run for run in runs if run.variant == variant]
        at = np.array(strengths) + _ASIDE * number
        for axes, values in zip(
            panels,
            (
                [[100 * run.error(s) for run in own] for s in strengths],
                [[100 * run.found(s) for run in own] for s in strengths],
            ),
            strict=True,
        ):
            _draw_line(axes, at, values, _COLOURS[number % len(_COLOURS)], variant)
    for axes, label in zip(panels, ("median error, % of diagonal", "poses found, %"), strict=True):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set(xlabel=f"strength of {RISING}", ylabel=label)
        axes.set_ylim(bottom=0)
    panels[1].legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    picture.savefig(path, dpi=140)


def _draw_line(
    axes: Axes, at: NDArray[np.float64], values: list[list[float]], colour: str, label: str
) -> None:
    intervals = [over_seeds(each) for each in values]
    means = np.array([interval.value for interval in intervals])
    reach = np.nan_to_num([interval.high - interval.value for interval in intervals])
    axes.errorbar(
        at,
        means,
        yerr=reach,
        color=colour,
        marker="o",
        markersize=4,
        linewidth=1.2,
        elinewidth=0.8,
        capsize=2,
        label=label,
    )


def draw_scenes(samples: NDArray[np.uint8], path: Path) -> None:
    """Write what a network sees of one place under two stains.

    Parameters
    ----------
    samples : (B, N, H, W, 3) uint8
        Of a training, see `sar_models.engine.training.loop.Training.samples`.
    path : Path
        Of the PNG.
    """
    draw_samples(samples[:, list(_SCENES)], [COLUMNS[column] for column in _SCENES], path)


def full_first(runs: Sequence[AblationRun]) -> AblationRun:
    """Return the run of the whole network with the first seed."""
    return next(run for run in runs if run.variant == FULL)
