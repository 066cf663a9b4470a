"""``sar-align demo``: a torn pair with known truth, aligned, its annotations moved, all checked."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table

from sar_models.cli.align import json_summary
from sar_models.cli.benchmark.shared import jsonable
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.exit_codes import ExitCode, exit_code_of
from sar_models.cli.options import JsonOption
from sar_models.cli.summary import alignment_summary
from sar_models.domain.alignment import Outcome
from sar_models.domain.errors import OutputExistsError

if TYPE_CHECKING:
    from sar_models.benchmark.demo_score import DemoPiece, DemoScore

_KINDS = {
    "surviving": "on both slides",
    "lost": "lost on target",
    "new": "lost on source",
    "foreign source": "control on source",
    "foreign target": "control on target",
}


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")] = Path(
        "sar-align-demo"
    ),
    seed: Annotated[
        int | None, typer.Option(help="Seed of the generated tissue; a chosen one by default.")
    ] = None,
    size: Annotated[
        int, typer.Option(help="Nominal long side of the slides, pixels.", min=512)
    ] = 3072,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier demo left there.")
    ] = False,
    open_: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="Open the report; by default at a terminal."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Generate two stained sections, one torn, align them, transfer annotations, compare.

    The second section came apart: its pieces are turned, some lie upside down, one is lost, and
    a control lies beside them. Prints what became of each piece beside the truth. Needs no data
    and no network, and takes about a minute. The folder keeps the slides (pyramids with mpp), the
    annotations before and after, and the alignment folder with its report.

    Exit code 0: aligned or partial, as some of this tissue has no counterpart; 3: ambiguous;
    4: no alignment found.
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
        print_json(json_summary(run, seconds) | jsonable(score))
    else:
        stdout.print(alignment_summary(run.alignment, run.folder), soft_wrap=True)
        stdout.print(Group(_piece_table(score.piece_list), _truth_table(score)))
        stdout.print(f"{seconds:.0f} s in all. Slides and annotations: {out}", soft_wrap=True)
    if open_ or (open_ is None and stdout.is_terminal and not json_):
        typer.launch(str(report))
    outcome = run.alignment.outcome
    # Some of this tissue has no counterpart: to say so is right.
    raise typer.Exit(ExitCode.OK if outcome is Outcome.PARTIAL else exit_code_of(outcome))


def _piece_table(pieces: tuple[DemoPiece, ...]) -> Table:
    mirrored = any(piece.true_mirrored or piece.found_mirrored for piece in pieces)
    table = Table(
        title="\nPieces: truth against result, median error of each",
        title_justify="left",
        caption="⇋ lies upside down" if mirrored else None,
        caption_justify="left",
        box=None,
    )
    for heading in ("", "true piece", "it is", "result"):
        table.add_column(heading)
    for heading in ("true turn", "found", "error"):
        table.add_column(heading, justify="right", no_wrap=True)
    for piece in pieces:
        table.add_row(
            "[green]✔[/]" if piece.right else "[red]✘[/]",
            piece.id,
            _KINDS[piece.kind],
            _result(piece),
            _turn(piece.true_turn_deg, mirrored=piece.true_mirrored),
            _turn(piece.found_turn_deg, mirrored=piece.found_mirrored),
            f"{piece.median_um:.1f} µm" if math.isfinite(piece.median_um) else "–",
        )
    return table


def _result(piece: DemoPiece) -> str:
    if piece.kind == "surviving":
        return "found" if piece.right else "not found"
    if piece.right:
        return "no counterpart"
    return f"{piece.mapped:.0%} mapped"


def _truth_table(score: DemoScore) -> Table:
    table = Table(title="\nAll tissue: truth against result", title_justify="left", box=None)
    table.add_column("")
    table.add_column("truth", justify="right")
    table.add_column("found", justify="right")
    table.add_row("pieces on both slides", str(score.pieces), str(score.pieces_found))
    table.add_row(
        "lost pieces and controls left alone", str(score.unpaired), f"{score.unpaired_kept}"
    )
    table.add_row("false pieces", "0", str(score.false_pieces))
    table.add_row(
        "overlap of cells, IoU / Dice", "1.00", f"{score.region_miou:.2f} / {score.region_dice:.2f}"
    )
    table.add_row(
        "landmark error, median / worst",
        "0 µm",
        f"{score.landmark_median_um:.1f} / {score.landmark_worst_um:.1f} µm",
    )
    table.add_row("annotations moved", str(score.annotations), f"{score.annotations_mapped}")
    table.add_row("annotations on lost tissue moved", "0", f"{score.annotations_lost_mapped}")
    table.add_row("annotation overlap (IoU), median", "1.00", f"{score.annotation_iou:.2f}")
    return table


def _turn(degrees: float, *, mirrored: bool) -> str:
    """Return a turn, with a mark where the piece lies upside down; a dash where there is none."""
    if not math.isfinite(degrees):
        return "–"
    return f"{degrees:.0f}°" + (" ⇋" if mirrored else "")
