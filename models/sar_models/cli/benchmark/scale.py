"""``sar-align benchmark scale``: time and memory against the size of the slides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sar_models.cli.arguments import parse_bytes
from sar_models.cli.benchmark.shared import MemoryOption, jsonable, measured_table, number, percent
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sar_models.benchmark.scale import ScaleScore

_SIZES = (1.0, 10.0, 100.0, 1000.0)
_NUMBERS = ("Mpx", "µm/px", "files MB", "written s", "seconds", "CPU s", "peak MB", "median %")


def scale(
    megapixels: Annotated[
        list[float] | None,
        typer.Option(min=0.1, help="Size of the source; may be repeated. [default: 1 to 1000]"),
    ] = None,
    drawn: Annotated[
        int, typer.Option(min=64, help="Pixels at which the pair is drawn before it is enlarged.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the pair.")] = 0,
    memory: MemoryOption = "4GB",
    json_: JsonOption = False,
) -> None:
    """Align one section scanned in several sizes with its neighbour: seconds and memory."""
    from sar_models.benchmark.scale import score_sizes

    sizes = megapixels or list(_SIZES)
    scores: list[ScaleScore] = []
    with stage_progress("scale") as progress:
        for score in score_sizes(sizes, seed, parse_bytes(memory), drawn):
            scores.append(score)
            progress(f"{score.megapixels:g} megapixels", len(scores) / len(sizes))
    if json_:
        print_json({"sizes": jsonable(scores)})
        return
    stdout.print(_table(scores))


def _table(scores: Sequence[ScaleScore]) -> Table:
    table = measured_table(
        "The same section, scanned finer and finer (! over the budget)",
        (),
        _NUMBERS,
    )
    table.add_column("outcome")
    for score in scores:
        run = score.run
        table.add_row(
            number(score.source_px / 1e6, 0),
            number(score.mpp, 3),
            number(score.file_mb),
            *(number(v) for v in (score.write_seconds, run.seconds, run.cpu_seconds)),
            f"{run.peak_memory_mb:.0f}" + ("" if score.within_budget else " !"),
            percent(score.errors.median_share),
            run.outcome,
        )
    return table
