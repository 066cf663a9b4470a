"""``sar-align benchmark derived``: real slides against derivatives of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sar_models.cli.arguments import parse_bytes
from sar_models.cli.benchmark.shared import MemoryOption, jsonable, measured_table, number, percent
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sar_models.benchmark.derived import DerivedScore

_NUMBERS = ("seed", "turned", "median px", "p95 px", "median µm", "max %", "CPU s", "MB")


def derived(
    data: Annotated[Path, typer.Option(help="Folder with slide files.")],
    turns: Annotated[int, typer.Option(min=1, help="Derivatives of each slide.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first derivative.")] = 0,
    memory: MemoryOption = "4GB",
    json_: JsonOption = False,
) -> None:
    """Align real slides with turned, deformed, restained derivatives; the truth is known."""
    from sar_models.benchmark.derived import score_slides
    from sar_models.benchmark.slides import slide_files

    slides = slide_files(data)
    scores: list[DerivedScore] = []
    with stage_progress("derived") as progress:
        for score in score_slides(slides, range(seed, seed + turns), parse_bytes(memory)):
            scores.append(score)
            progress(f"{score.name} {score.seed}", len(scores) / (len(slides) * turns))
    if json_:
        print_json({"slides": jsonable(scores)})
        return
    stdout.print(_table(scores))


def _table(scores: Sequence[DerivedScore]) -> Table:
    table = measured_table(
        "Error against the truth on a grid of tissue points (⇋ mirrored, ! over the budget)",
        ("slide", "outcome"),
        _NUMBERS,
    )
    for score in scores:
        errors, run = score.errors, score.run
        table.add_row(
            score.name,
            run.outcome,
            str(score.seed),
            f"{score.turn_deg:.0f}°" + (" ⇋" if score.mirrored else ""),
            *(number(v) for v in (errors.median_px, errors.p95_px, errors.median_um)),
            percent(errors.maximum_share),
            number(run.cpu_seconds),
            f"{run.peak_memory_mb:.0f}" + ("" if score.within_budget else " !"),
        )
    return table
