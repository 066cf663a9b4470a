"""``sar-align benchmark disentanglement``: whether scene and appearance are kept apart."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from sar_models.cli.benchmark.results import prepare_folder, write_results
from sar_models.cli.benchmark.shared import jsonable, measured_table
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from rich.table import Table

    from sar_models.benchmark.intervals import Interval
    from sar_models.benchmark.scene.disentanglement import Disentanglement

_NAME = "disentanglement"


def disentanglement(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with tiles in hemit and slides in wsi; else generated tissue."),
    ] = None,
    training: Annotated[
        Path | None,
        typer.Option(help="Measure the best network of this training; else the one that ships."),
    ] = None,
    batches: Annotated[int, typer.Option(min=1, help="Batches of eight places.")] = 36,
    seed: Annotated[int, typer.Option(min=0, help="Seed of places and stains.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for figures and plots.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Paint places with another stain: what moves, does the stain arrive, do places matter more.

    Places come from tissue that no training learns from.
    """
    from sar_models.benchmark.scene.disentanglement import measure
    from sar_models.benchmark.scene.networks import network_of
    from sar_models.jobs.training import held_out_tissue

    prepare_folder(out)
    network = network_of(training)
    with stage_progress(_NAME) as progress, tempfile.TemporaryDirectory() as folder:
        sampler = held_out_tissue(Path(folder), data, progress)
        found = measure(network, sampler, seed, batches, progress)
        if out is not None:
            from sar_models.benchmark.scene.disentanglement_plots import draw_disentanglement

            progress("drawing", 1.0)
            draw_disentanglement(found, network, sampler.twice(seed, 0), out)
    table = _table(found)
    figures = _figures(found, seed, batches)
    if out is not None:
        write_results(out, _NAME, figures | {"places": jsonable(found.places)}, table)
    if json_:
        print_json(jsonable(figures))
        return
    stdout.print(table)
    if out is not None:
        stdout.print(Text(f"Figures and plots: {out}"), soft_wrap=True)


def _figures(found: Disentanglement, seed: int, batches: int) -> dict[str, Any]:
    from sar_models.benchmark.scene.disentanglement import (
        NEIGHBOUR_PX,
        SHIFT_BAR_PX,
        STAIN_BAR,
    )
    from sar_models.engine.training.swapping import NEIGHBOURS_PX

    figures: dict[str, Any] = {
        name: jsonable(getattr(found, name))
        for name in (
            "shift_px",
            "unpainted_shift_px",
            "moved_share",
            "stain_reduced",
            "ratio",
            "closer_share",
        )
    }
    bars = {"shift_px": SHIFT_BAR_PX, "stain_reduced": STAIN_BAR, "ratio": 1.0}
    return figures | {
        "holds": dict(zip(bars, found.holds, strict=True)),
        "bars": bars,
        "neighbours_px": {"of_ratio": NEIGHBOUR_PX, "of_places": list(NEIGHBOURS_PX)},
        "seed": seed,
        "batches": batches,
    }


def _table(found: Disentanglement) -> Table:
    from sar_models.benchmark.scene.disentanglement import NEIGHBOUR_PX, SHIFT_BAR_PX, STAIN_BAR

    table = measured_table(
        f"{len(found.places)} places, each under two stains",
        ("", "figure"),
        ("found", "95 % interval", "wanted"),
    )
    moved, arrived, closer = (("✔" if held else "✘") for held in found.holds)
    table.add_row(
        moved,
        "painting with another stain moves structures, px, median",
        *_written(found.shift_px, 1.0, 3),
        f"< {SHIFT_BAR_PX}",
    )
    table.add_row("", "… by that or more, % of places", *_written(found.moved_share, 100.0, 1), "")
    table.add_row(
        "",
        "the measure itself, on two true stains, px",
        *_written(found.unpainted_shift_px, 1.0, 3),
        "",
    )
    table.add_row(
        arrived,
        "distance between stains that painting takes away, %",
        *_written(found.stain_reduced, 100.0, 1),
        f"≥ {STAIN_BAR:.0%}".replace("%", " %"),
    )
    table.add_row(
        closer,
        f"scenes: two stains at a place over places {NEIGHBOUR_PX} px apart",
        *_written(found.ratio, 1.0, 3),
        "< 1",
    )
    table.add_row(
        "", "… the stains are closer, % of places", *_written(found.closer_share, 100.0, 1), ""
    )
    return table


def _written(interval: Interval, factor: float, digits: int) -> tuple[str, str]:
    value, low, high = (
        f"{factor * x:.{digits}f}" for x in (interval.value, interval.low, interval.high)
    )
    return value, f"{low} – {high}"
