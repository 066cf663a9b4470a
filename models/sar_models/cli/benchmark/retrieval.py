"""``sar-align benchmark retrieval``: where anchors say that a point lies, by every retriever."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.text import Text

from sar_models.cli.benchmark.results import prepare_folder, write_results, write_table
from sar_models.cli.benchmark.shared import jsonable, measured_table
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from sar_models.benchmark.intervals import Interval
    from sar_models.benchmark.retrieval.ablation import AblationRow
    from sar_models.benchmark.retrieval.cost import Cost
    from sar_models.benchmark.retrieval.figures import Against, Honesty, Row
    from sar_models.benchmark.retrieval.regimes import Cell

_NAME = "retrieval"
_LEARNED = ("paired", "paper")


def retrieval(
    data: Annotated[
        Path | None, typer.Option(help="Folder with pairs.csv: real landmarks too.")
    ] = None,
    episodes: Annotated[
        int, typer.Option(min=2, help="Groups of anchors for each regime and number of anchors.")
    ] = 100,
    seed: Annotated[int, typer.Option(min=0, help="No two seeds share a group.")] = 0,
    ablation: Annotated[
        Path | None,
        typer.Option(
            help="Folder of trainings: the paper's parts instead, one left out at a time."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="With --ablation: trainings of each.")] = 3,
    steps: Annotated[
        int | None, typer.Option(min=1, help="With --ablation: steps of each training.")
    ] = None,
    sheets: Annotated[int, typer.Option(min=1, help="With --ablation: regions of a seed.")] = 12,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for figures, CSV and plots.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Find places by anchors that are off, bent, torn or wrong, by every retriever."""
    from sar_models.benchmark.landmarks import read_pairs
    from sar_models.benchmark.retrieval.cost import measure_cost
    from sar_models.benchmark.retrieval.figures import against_geometry, honesty_of, rows_of
    from sar_models.benchmark.retrieval.real import measure_real
    from sar_models.benchmark.retrieval.regimes import measure_regimes
    from sar_models.engine.anchored.retriever import RETRIEVERS

    prepare_folder(out)
    if ablation is not None:
        _ablation(ablation, seeds, steps, sheets, out, as_json=json_)
        return
    pairs = [] if data is None else read_pairs(data)
    with stage_progress(_NAME) as progress:
        cells = measure_regimes(episodes, seed, progress)
        if pairs:
            cells += measure_real(pairs, max(episodes // 20, 1), seed, progress)
        progress("cost", 1.0)
        costs = measure_cost(RETRIEVERS)
    rows = rows_of(cells)
    against = [each for name in _LEARNED for each in against_geometry(cells, name)]
    honesty = [honesty_of(cells, name) for name in RETRIEVERS]
    tables = {
        _NAME: _table(rows, "Median error, px, mean over the numbers of anchors", "median_px"),
        f"{_NAME}-near": _table(rows, "Share found within 20 px", "near"),
        f"{_NAME}-against-geometry": _against_table(against),
        f"{_NAME}-honesty": _honesty_table(honesty, costs),
    }
    record: dict[str, Any] = {
        "episodes": episodes,
        "seed": seed,
        "rows": jsonable(rows),
        "against_geometry": jsonable(against),
        "honesty": jsonable(honesty),
        "cost": jsonable(costs),
    }
    if out is not None:
        _write(out, cells, record, tables)
    if json_:
        print_json(record)
        return
    for table in tables.values():
        stdout.print(table)
    if out is not None:
        stdout.print(Text(f"Figures and plots: {out}"), soft_wrap=True)


def _ablation(
    folder: Path, seeds: int, steps: int | None, sheets: int, out: Path | None, *, as_json: bool
) -> None:
    from sar_models.benchmark.retrieval.ablation import run_ablation
    from sar_models.engine.training.anchored.recipe import STEPS

    with stage_progress("ablation") as progress:
        rows = run_ablation(folder, seeds, sheets, steps, progress)
    taken = STEPS["pooled"] if steps is None else steps
    figures = {"rows": rows, "seeds": seeds, "steps": taken, "sheets": sheets}
    record: dict[str, Any] = jsonable(figures)
    table = _ablation_table(rows)
    if out is not None:
        write_results(out, "retrieval-ablation", record, table)
    if as_json:
        print_json(record)
        return
    stdout.print(table)


def _ablation_table(rows: Sequence[AblationRow]) -> Table:
    from sar_models.benchmark.retrieval.ablation import PAPER_MIOU

    table = measured_table(
        "Regions on torn sheets, mean over seeds and 95 % interval",
        ("variant",),
        ("mIoU", "against the whole", "IoU ≥ 0.75", "paper's mIoU"),
    )
    for row in rows:
        paper = PAPER_MIOU.get(row.variant)
        table.add_row(
            row.variant,
            *(_written(each) for each in (row.miou, row.against_whole, row.success)),
            "–" if paper is None else f"{paper:.3f}",
        )
    return table


def _written(interval: Interval) -> str:
    value = f"{interval.value:.3f}"
    if not math.isfinite(interval.low):
        return value
    return f"{value} ({interval.low:.3f} – {interval.high:.3f})"


def _write(
    out: Path,
    cells: Sequence[Cell],
    record: dict[str, Any],
    tables: Mapping[str, Table],
) -> None:
    from sar_models.benchmark.retrieval.plots import draw_regimes

    write_results(out, _NAME, record, tables[_NAME])
    for name, table in tables.items():
        write_table(out, name, table)
    draw_regimes(cells, out / f"{_NAME}.png")
    with (out / f"{_NAME}.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["retriever", "regime", "anchors", "group", "point", "error_px", "sigma_px"])
        for cell in cells:
            head = cell.retriever, cell.regime, cell.anchors
            for group, (errors, sigmas) in enumerate(
                zip(cell.error_px, cell.sigma_px, strict=True)
            ):
                for point, (error, sigma) in enumerate(zip(errors, sigmas, strict=True)):
                    rows.writerow([*head, group, point, f"{error:.4f}", f"{sigma:.4f}"])


def _table(rows: Sequence[Row], title: str, figure: Literal["median_px", "near"]) -> Table:
    names = tuple(dict.fromkeys(row.retriever for row in rows))
    # Headings break at blanks alone.
    table = measured_table(title, ("regime",), tuple(name.replace("-", " ") for name in names))
    found = {(row.retriever, row.regime): getattr(row, figure) for row in rows}
    for regime in dict.fromkeys(row.regime for row in rows):
        table.add_row(regime, *(f"{found[name, regime]:.2f}" for name in names))
    return table


def _against_table(against: Sequence[Against]) -> Table:
    table = measured_table(
        "Median error, lower than that of the best geometry by (95 % interval)",
        ("retriever", "regime", "best geometry"),
        ("gain, %", "interval, %"),
    )
    for each in against:
        table.add_row(
            each.retriever,
            each.regime,
            each.best,
            f"{100 * each.gain:+.0f}",
            f"{100 * each.low:+.0f} to {100 * each.high:+.0f}",
        )
    return table


def _honesty_table(honesty: Sequence[Honesty], costs: Sequence[Cost]) -> Table:
    table = measured_table(
        "What retrievers say of their own errors, and what 40 000 points cost",
        ("retriever",),
        ("within the 90 % bound, %", "rank correlation", "bound over constant", "CPU s"),
    )
    for each, cost in zip(honesty, costs, strict=True):
        table.add_row(
            each.retriever,
            f"{100 * each.covered:.0f}",
            f"{each.rank_correlation:.2f}",
            f"{each.sharpness:.2f}",
            f"{cost.cpu_seconds:.2f}",
        )
    return table
