"""``sar-align benchmark torn``: torn, turned, lost and foreign pieces against the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sar_models.cli.benchmark.shared import jsonable, measured_table, number, percent
from sar_models.cli.benchmark.torn_regions import (
    check_fit,
    print_regions,
    region_record,
)
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption
from sar_models.domain.errors import EngineError, OptionError, OutputExistsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sar_models.benchmark.torn.results import BrokenPair, TornResult
    from sar_models.benchmark.torn.summary import SetSummary
    from sar_models.benchmark.torn.targets import SetKind, Target
    from sar_models.benchmark.torn.trials import TornTrial

_NUMBERS = ("pieces", "mIoU", "ceiling", "px", "< 2 %", "false", "foreign %", "risk", "CPU s")
_JSON_NAME = "torn.json"


def torn(
    data: Annotated[
        Path | None, typer.Option(help="Folder with pairs.csv: real pairs, torn; else generated.")
    ] = None,
    slides: Annotated[
        Path | None, typer.Option(help="With --data: slides of other tissue, laid on the targets.")
    ] = None,
    pairs: Annotated[
        int | None, typer.Option(min=1, help="How many. [default: all of the fixed set]")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of other pairs of the same kinds. [default: the fixed set]"),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Pairs at a time, one thread each.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for plots and torn.json.")
    ] = None,
    ceilings: Annotated[
        bool, typer.Option("--ceilings/--no-ceilings", help="What could be reached, and SIFT.")
    ] = True,
    regions: Annotated[
        bool, typer.Option("--regions", help="Carry regions of many sizes over, too.")
    ] = False,
    fit: Annotated[
        bool,
        typer.Option("--fit", help="With --regions: fit their confidence, with --seed alone."),
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Align pairs in pieces with known truth: cells, pieces, silence, cost, against ceilings."""
    from sar_models.benchmark.torn.region_scores import REGIONS
    from sar_models.benchmark.torn.runner import generated_trials, real_trials

    if slides is not None and data is None:
        raise OptionError("--slides without --data", remedy="Give the folder of real pairs too.")
    check_fit(fit=fit, regions=regions, seed=seed)
    kind: SetKind = "generated" if data is None else "real"
    count = REGIONS if regions else 0
    trials = (
        generated_trials(pairs, seed, ceilings=ceilings, regions=count)
        if data is None
        else real_trials(data, slides, pairs, seed, ceilings=ceilings, regions=count)
    )
    _prepare(out)
    results = _run(trials, jobs)
    _report(results, kind, out, as_json=json_, fit=fit)


def _prepare(out: Path | None) -> None:
    """Find out what would fail at the end before it takes an hour to get there."""
    if out is None:
        return
    from sar_models.benchmark.torn.plots import check_plots

    if out.exists() and not out.is_dir():
        raise OutputExistsError(f"The output {str(out)!r} is a file", remedy="Choose a folder.")
    check_plots()
    out.mkdir(parents=True, exist_ok=True)


def _run(trials: Sequence[TornTrial], jobs: int) -> list[TornResult | BrokenPair]:
    from sar_models.benchmark.torn.runner import try_all

    found: dict[int, TornResult | BrokenPair] = {}
    with stage_progress("torn") as progress:
        for index, result in try_all(trials, jobs):
            found[index] = result
            progress(trials[index].name, len(found) / len(trials))
    return [found[index] for index in sorted(found)]


def _report(
    results: Sequence[TornResult | BrokenPair],
    kind: SetKind,
    out: Path | None,
    *,
    as_json: bool,
    fit: bool,
) -> None:
    from sar_models.benchmark.torn.figures import all_figures
    from sar_models.benchmark.torn.results import BrokenPair
    from sar_models.benchmark.torn.summary import summarise
    from sar_models.benchmark.torn.targets import targets_of

    scored = [result for result in results if not isinstance(result, BrokenPair)]
    broken = [result for result in results if isinstance(result, BrokenPair)]
    if not scored:
        raise EngineError(f"None of {len(results)} pairs was aligned: {broken[0].error}")
    summary = summarise(scored)
    if out is not None:
        from sar_models.benchmark.torn.plots import draw_plots

        draw_plots(scored, out)
        figures = jsonable(all_figures(kind, summary, results, full=True))
        (out / _JSON_NAME).write_text(json.dumps(figures), encoding="utf-8")
    regions = region_record(scored, out, fit=fit)
    if as_json:
        print_json(jsonable(all_figures(kind, summary, results, full=False) | regions))
        return
    stdout.print(_pair_table(scored))
    stdout.print(_summary_lines(summary), soft_wrap=True)
    stdout.print(_target_table(targets_of(summary, kind, len(broken))))
    print_regions(regions)
    for each in broken:
        stdout.print(Text(f"broken: {each.name}: {each.error}"), soft_wrap=True)
    if out is not None:
        stdout.print(Text(f"Plots and figures: {out}"), soft_wrap=True)


def _pair_table(results: Sequence[TornResult]) -> Table:
    table = measured_table(
        "Cells, their ceiling (a spline per piece), median error",
        ("pair", "outcome"),
        _NUMBERS,
    )
    for result in results:
        score, run, ceilings = result.score, result.run, result.ceilings
        table.add_row(
            result.name,
            score.outcome,
            f"{score.found}/{score.surviving}",
            f"{score.cells.miou:.2f}",
            number(None if ceilings is None else ceilings.spline_per_piece.miou, 2),
            number(score.tissue.median_px),
            f"{score.tissue.near:.0%}",
            str(score.false_pieces),
            percent(score.abstention.foreign_mapped),
            f"{score.risk:.2f}",
            number(run.cpu_seconds),
        )
    return table


def _summary_lines(summary: SetSummary) -> str:
    ceilings, silence = summary.ceilings, summary.abstention
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items())
    lines = [
        f"{summary.pairs} pairs: {outcomes}",
        f"cells: mIoU {summary.miou:.3f}, mDice {summary.mdice:.3f}; "
        f"over all cells {summary.cell_miou:.3f}",
    ]
    if ceilings is not None:
        lines.append(
            f"ceilings: spline per piece {ceilings.spline_per_piece:.3f}, affine per piece "
            f"{ceilings.affine_per_piece:.3f}, best single affine {ceilings.affine:.3f}; "
            f"SIFT and affine {ceilings.sift:.3f}"
        )
    lines += [
        f"tissue: median error {summary.median_px:.1f} px, within 2 % {summary.tissue_near:.1%}, "
        f"in a wrong place {summary.wrong:.1%}; landmarks within 2 % {summary.landmarks_near:.1%}",
        f"pieces: {summary.found} of {summary.surviving} found; {summary.false_pieces} of "
        f"{summary.fragments} fragments false; confidence {number(summary.confidence_right, 2)} "
        f"right, {number(summary.confidence_wrong, 2)} false",
        f"no counterpart: mapped {percent(silence.foreign_mapped)} %, abstention precision "
        f"{number(silence.precision, 3)}, recall {number(silence.recall, 3)}",
        f"cost: {summary.cpu_seconds:.1f} CPU s in the median, {summary.most_cpu_seconds:.1f} at "
        f"most; {summary.most_memory_mb:.0f} MB at most",
    ]
    return "\n".join(lines)


def _target_table(targets: Sequence[Target]) -> Table:
    table = measured_table("Targets", ("", "figure"), ("found", "wanted"))
    for target in targets:
        table.add_row(
            "[green]✔[/]" if target.met else "[red]✘[/]",
            target.name,
            _valued(target.value, target),
            ("≥ " if target.at_least else "≤ ") + _valued(target.bound, target),
        )
    return table


def _valued(value: float, target: Target) -> str:
    if target.unit == "%":
        return f"{value:.1%}"
    return f"{value:.0f} {target.unit}" if target.unit else f"{value:.3f}"
