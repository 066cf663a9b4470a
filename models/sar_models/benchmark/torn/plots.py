"""Pictures of a set of torn pairs. Only this module needs matplotlib, an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.plotting import check_matplotlib

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from sar_models.benchmark.torn.ceilings import Ceilings
    from sar_models.benchmark.torn.overlap import Overlap
    from sar_models.benchmark.torn.results import TornResult

_FOUND, _SPLINE, _BY_PIECE, _AFFINE, _SIFT = "#0072b2", "#202124", "#009e73", "#e69f00", "#cc79a7"
_WRONG = "#d55e00"
"""Okabe and Ito's colours, as in the report."""

_CEILINGS: tuple[tuple[str, str, str, Callable[[Ceilings], Overlap]], ...] = (
    ("spline per piece", _SPLINE, "_", lambda ceilings: ceilings.spline_per_piece),
    ("affine per piece", _BY_PIECE, "_", lambda ceilings: ceilings.affine_per_piece),
    ("best single affine", _AFFINE, "^", lambda ceilings: ceilings.affine),
    ("SIFT + affine", _SIFT, "x", lambda ceilings: ceilings.sift),
)
_LEAST_PX, _MOST_PX = 0.1, 1000.0


def check_plots() -> None:
    """See that pictures can be drawn, before hours of work that end in them.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    check_matplotlib(", or leave --out away")


def draw_plots(results: Sequence[TornResult], folder: Path) -> list[Path]:
    """Write the pictures of a set into a folder and return their paths.

    ``cells.png``: IoU of the cells of every pair, with the ceilings. ``errors.png``: point errors.
    ``confidence.png``: what right and false fragments claim. ``pieces.png``: IoU by the number of
    surviving pieces.
    """
    from matplotlib.figure import Figure

    drawings: dict[str, Callable[[Axes, Sequence[TornResult]], None]] = {
        "cells": _cells,
        "errors": _errors,
        "confidence": _confidence,
        "pieces": _pieces,
    }
    paths = []
    for name, drawing in drawings.items():
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        drawing(axes, results)
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=150)
    return paths


def _cells(axes: Axes, results: Sequence[TornResult]) -> None:
    from matplotlib.ticker import MaxNLocator

    ordered = sorted(results, key=lambda result: result.score.cells.miou)
    rank = np.arange(1, len(ordered) + 1)
    known = [result.ceilings for result in ordered if result.ceilings is not None]
    if len(known) == len(ordered):
        for label, colour, marker, overlap in _CEILINGS:
            values = [overlap(ceilings).miou for ceilings in known]
            axes.plot(rank, values, marker, color=colour, markersize=5, label=label)
    found = [result.score.cells.miou for result in ordered]
    axes.plot(rank, found, "o", color=_FOUND, markersize=5, label="sar-align")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _unit_range(axes)
    axes.set(
        xlabel="pair, by rank",
        ylabel="mean IoU of 80 px cells",
        title=f"Cells of {len(ordered)} torn pairs",
    )
    _legend_beside(axes)


def _errors(axes: Axes, results: Sequence[TornResult]) -> None:
    bins = np.geomspace(_LEAST_PX, _MOST_PX, 61).tolist()
    for label, colour, errors in (
        ("surviving tissue", _FOUND, [r.score.tissue.px for r in results]),
        ("landmarks", _BY_PIECE, [r.score.landmarks.px for r in results]),
    ):
        distance = np.concatenate([np.array(own, dtype=np.float64) for own in errors])
        if not len(distance):
            continue
        placed = distance[np.isfinite(distance)]
        weights = np.full(len(placed), 100.0 / len(distance))
        lost = 1 - len(placed) / len(distance)
        axes.hist(
            np.clip(placed, _LEAST_PX, _MOST_PX),
            bins,
            weights=weights,
            histtype="step",
            color=colour,
            linewidth=1.5,
            label=f"{label}: {lost:.1%} without a place",
        )
    axes.set_xscale("log")
    axes.set(
        xlabel="distance from the true place, pixels of a thumbnail of 1000 px",
        ylabel="% of points",
        title="Errors",
    )
    axes.legend(frameon=False)


def _confidence(axes: Axes, results: Sequence[TornResult]) -> None:
    fragments = [fragment for result in results for fragment in result.score.fragments]
    right = [fragment.confidence for fragment in fragments if fragment.right]
    false = [fragment.confidence for fragment in fragments if not fragment.right]
    bins = np.linspace(0.0, 1.0, 21).tolist()
    axes.hist(
        [right, false],
        bins,
        stacked=True,
        color=[_FOUND, _WRONG],
        label=[f"right ({len(right)})", f"false ({len(false)})"],
    )
    axes.set_xlim(0, 1)
    axes.set(xlabel="confidence", ylabel="fragments", title="What right and false fragments claim")
    axes.legend(frameon=False)


def _pieces(axes: Axes, results: Sequence[TornResult]) -> None:
    counts = np.array([result.score.surviving for result in results])
    values = np.array([result.score.cells.miou for result in results])
    # Pairs of one count stand beside each other, not on top.
    aside = np.zeros(len(counts))
    for count in np.unique(counts):
        own = np.flatnonzero(counts == count)
        aside[own] = 0.28 * (np.arange(len(own)) - (len(own) - 1) / 2) / max(len(own) / 2, 1)
    axes.plot(counts + aside, values, "o", color=_FOUND, markersize=4, label="pair")
    for number, count in enumerate(np.unique(counts)):
        mean = values[counts == count].mean()
        axes.hlines(mean, count - 0.35, count + 0.35, color=_FOUND, label="" if number else "mean")
        splines = [
            result.ceilings.spline_per_piece.miou
            for result in results
            if result.ceilings is not None and result.score.surviving == count
        ]
        if splines:
            label = "" if number else "spline per piece, mean"
            axes.hlines(np.mean(splines), count - 0.35, count + 0.35, color=_SPLINE, label=label)
    axes.set_xticks(np.unique(counts))
    _unit_range(axes)
    axes.set(
        xlabel="pieces on both slides",
        ylabel="mean IoU of 80 px cells",
        title="Cells by the number of pieces",
    )
    _legend_beside(axes)


def _unit_range(axes: Axes) -> None:
    axes.set_ylim(0, 1.02)
    axes.grid(axis="y", color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)


def _legend_beside(axes: Axes) -> None:
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
