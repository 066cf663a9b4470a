"""``sar-align benchmark shift``: error against changes of light and stain of rising strength."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sar_models.cli.benchmark.results import prepare_folder, write_results
from sar_models.cli.benchmark.shared import jsonable, measured_table
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption
from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sar_models.benchmark.scene.shift import ShiftPoint, ShiftRow

_NAME = "shift"


def shift(
    pairs: Annotated[
        int, typer.Option(min=3, help="Generated pairs, each of a seed of its own.")
    ] = 6,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="gamma, histogram, remix, blur or inversion. [default: all]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="No two seeds share a pair.")] = 0,
    training: Annotated[
        Path | None,
        typer.Option(help="Measure the best network of this training; else the one that ships."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Registrations at a time.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for figures, CSV and plots.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Change light and stain of one section more and more; register with and without the scene.

    From a blind search to the field, by one channel alone. About five minutes of processor time
    for each pair.
    """
    from sar_models.benchmark.scene.distortions import DISTORTIONS
    from sar_models.benchmark.scene.networks import network_of
    from sar_models.benchmark.scene.shift import run_shift, shift_jobs, shift_points

    kinds = list(dict.fromkeys(kind or DISTORTIONS))
    for name in kinds:
        if name not in DISTORTIONS:
            raise OptionError(
                f"--kind is {name!r}", remedy=f"Use one or more of {', '.join(DISTORTIONS)}."
            )
    prepare_folder(out)
    network_of(training)
    work = shift_jobs(pairs, seed, kinds, training=training)
    rows: list[ShiftRow] = []
    with stage_progress(_NAME) as progress:
        progress("registering", 0.0)
        for done, found in enumerate(run_shift(work, jobs), start=1):
            rows += found
            progress("registering", done / len(work))
    rows.sort(key=lambda row: (row.seed, row.channel, row.kind, row.strength))
    points = shift_points(rows, kinds)
    table = _table(points)
    figures = {"points": jsonable(points), "seed": seed, "pairs": pairs}
    if out is not None:
        from sar_models.benchmark.scene.shift_plots import draw_shift

        write_results(out, _NAME, figures | {"registrations": jsonable(rows)}, table)
        _write_csv(out / f"{_NAME}.csv", rows)
        draw_shift(points, work[0].seed, out)
    if json_:
        print_json(jsonable(figures))
        return
    stdout.print(table)
    if out is not None:
        stdout.print(Text(f"Figures and plots: {out}"), soft_wrap=True)


def _write_csv(path: Path, rows: Sequence[ShiftRow]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(rows[0])])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def _table(points: Sequence[ShiftPoint]) -> Table:
    strengths = sorted({point.strength for point in points})
    table = measured_table(
        "Median error, % of the diagonal; poses found",
        ("change", "compared by"),
        tuple(f"{strength:g}" for strength in strengths),
    )
    by_line: dict[tuple[str, str], list[ShiftPoint]] = {}
    for point in points:
        by_line.setdefault((point.kind, point.channel), []).append(point)
    for kind in dict.fromkeys(point.kind for point in points):
        for (own, channel), line in by_line.items():
            if own == kind:
                table.add_row(kind, channel, *(_written(point) for point in line))
    return table


def _written(point: ShiftPoint) -> str:
    error = point.error
    return (
        f"{100 * error.value:.2f} ({100 * error.low:.2f} – {100 * error.high:.2f}); "
        f"{point.found.value:.0%}"
    )
