"""``sar-align demo``: a pair with known truth, aligned, its annotations moved, all checked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from sar_models.cli.align import json_summary
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.exit_codes import exit_code_of
from sar_models.cli.options import JsonOption
from sar_models.cli.summary import alignment_summary
from sar_models.domain.errors import OutputExistsError

if TYPE_CHECKING:
    from sar_models.benchmark.demo import DemoScore


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")] = Path(
        "sar-align-demo"
    ),
    seed: Annotated[
        int | None, typer.Option(help="Seed of the generated tissue; a chosen one by default.")
    ] = None,
    size: Annotated[int, typer.Option(help="Long side of the slides, pixels.", min=512)] = 4096,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier demo left there.")
    ] = False,
    open_: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="Open the report; by default at a terminal."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Generate two stained sections, align them, transfer annotations, compare with the truth.

    Needs no data and no network. The folder keeps the slides (pyramids with mpp), the
    annotations before and after, and the alignment folder with its report.
    """
    from sar_models.benchmark.demo import run_demo

    if out.exists() and not out.is_dir():
        raise OutputExistsError(f"The output {str(out)!r} is a file", remedy="Choose a folder.")
    started = time.perf_counter()
    with stage_progress("demo") as progress:
        run, score = run_demo(out, seed, size, progress, overwrite=overwrite)
    seconds = time.perf_counter() - started
    report = run.folder / "report.html"
    if json_:
        print_json(json_summary(run, seconds) | score.to_record())
    else:
        stdout.print(alignment_summary(run.alignment, run.folder), soft_wrap=True)
        stdout.print(_truth_table(score))
        stdout.print(f"{seconds:.0f} s in all. Slides and annotations: {out}", soft_wrap=True)
    if open_ or (open_ is None and stdout.is_terminal and not json_):
        typer.launch(str(report))
    raise typer.Exit(exit_code_of(run.alignment.outcome))


def _truth_table(score: DemoScore) -> Table:
    table = Table(title="Truth against result", title_justify="left", box=None)
    table.add_column("")
    table.add_column("truth", justify="right")
    table.add_column("found", justify="right")
    table.add_row("turn", f"{score.true_turn_deg:.1f}°", f"{score.found_turn_deg:.1f}°")
    table.add_row("mirrored", _yes(score.true_mirrored), _yes(score.found_mirrored))
    table.add_row(
        "landmark error, median / worst",
        "0 µm",
        f"{score.landmark_median_um:.1f} / {score.landmark_worst_um:.1f} µm",
    )
    table.add_row("annotations moved", str(score.annotations), f"{score.annotations_mapped}")
    table.add_row("annotation overlap (IoU), median", "1.00", f"{score.annotation_iou:.2f}")
    return table


def _yes(value: bool) -> str:
    return "yes" if value else "no"
