"""Pictures of how far scene and appearance are kept apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.scene.disentanglement import SHIFT_BAR_PX, STAIN_BAR
from sar_models.benchmark.training_plots import draw_samples
from sar_models.engine.training.swapping import NEIGHBOURS_PX, swap_stains

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from sar_models.benchmark.scene.disentanglement import Disentanglement
    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.training.losses import Batch

_FOUND, _OTHER, _BAR = "#0072b2", "#9aa0a6", "#d55e00"
"""Two of them Okabe and Ito's, as in the report."""
_COLUMNS = (
    "one stain",
    "another stain,\nsame place",
    "first, painted\nwith the other",
    "own stain",
)
_LEAST_PX, _MOST_PX = 0.01, 10.0


def draw_disentanglement(
    found: Disentanglement, network: SarNet, batch: Batch, folder: Path
) -> None:
    """Write ``disentanglement.png`` (the figures) and ``places.png`` (some of the pictures)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4.2), layout="constrained")
    panels = figure.subplots(1, 3)
    for axes, drawing in zip(panels, (_shifts, _stains, _scenes), strict=True):
        axes.spines[["top", "right"]].set_visible(False)
        drawing(axes, found)
    figure.savefig(folder / "disentanglement.png", dpi=150)
    swapped = swap_stains(network, batch)
    pictures = np.stack([swapped.first, swapped.second, swapped.painted, swapped.repainted], axis=1)
    light = np.rint(255 * np.exp(-pictures)).astype(np.uint8)
    draw_samples(light, _COLUMNS, folder / "places.png")


def _shifts(axes: Axes, found: Disentanglement) -> None:
    bins = np.geomspace(_LEAST_PX, _MOST_PX, 31).tolist()
    for label, colour, values in (
        ("painted against original", _FOUND, [p.shift_px for p in found.places]),
        ("two true stains (the measure)", _OTHER, [p.unpainted_shift_px for p in found.places]),
    ):
        clipped = np.clip(values, _LEAST_PX, _MOST_PX)
        axes.hist(clipped, bins, histtype="step", color=colour, linewidth=1.5, label=label)
    axes.axvline(SHIFT_BAR_PX, color=_BAR, linestyle="--", linewidth=1, label="bar")
    axes.set_xscale("log")
    axes.set(xlabel="shift of edges, px", ylabel="places", title="Structures stay")
    axes.legend(frameon=False, fontsize=8)


def _stains(axes: Axes, found: Disentanglement) -> None:
    before = np.array([place.stain_before for place in found.places])
    after = np.array([place.stain_after for place in found.places])
    axes.plot(before, after, ".", color=_FOUND, label="place")
    most = 1.05 * float(before.max())
    axes.plot([0, most], [0, most], color=_OTHER, linewidth=1, label="nothing gained")
    axes.plot([0, most], [0, (1 - STAIN_BAR) * most], "--", color=_BAR, linewidth=1, label="bar")
    axes.set_xlim(0, most)
    axes.set_ylim(0, most)
    axes.set(
        xlabel="distance of the stains, optical density",
        ylabel="distance that painting leaves",
        title="Stains arrive",
    )
    axes.legend(frameon=False, fontsize=8)


def _scenes(axes: Axes, found: Disentanglement) -> None:
    beside = np.array([place.beside for place in found.places])
    apart = float(np.mean([place.apart for place in found.places]))
    axes.plot(NEIGHBOURS_PX, beside.mean(axis=0), "o-", color=_FOUND, label="places, one stain")
    axes.axhline(apart, color=_BAR, linestyle="--", linewidth=1, label="one place, two stains")
    axes.set_xscale("log", base=2)
    axes.set_xticks(NEIGHBOURS_PX, [str(px) for px in NEIGHBOURS_PX])
    axes.set_ylim(bottom=0)
    axes.set(
        xlabel="pixels of the scene apart",
        ylabel="mean squared distance of scenes",
        title="Places matter more than stains",
    )
    axes.legend(frameon=False, fontsize=8)
