"""``sar-align benchmark failures``: whether the risk finds planted failures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sar_models.cli.benchmark.shared import jsonable, measured_table, number
from sar_models.cli.console import print_json, stage_progress, stderr, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from rich.table import Table

    from sar_models.benchmark.failures.figures import Discrimination, FailureFigures
    from sar_models.benchmark.failures.trial import Judgement

PLOT_NAME = "failures.png"


def failures(
    pairs: Annotated[int, typer.Option(help="Generated pairs; six alignments of each.")] = 36,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all pairs and failures.")] = 9,
    data: Annotated[
        Path | None, typer.Option(help="Folder with pairs.csv: real pairs in their place.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Pairs at a time, one thread each.")] = 1,
    fit: Annotated[
        bool, typer.Option("--fit", help="Fit the risk model on these pairs and print it.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help=f"Folder for {PLOT_NAME}.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Plant failures in alignments, and see whether their risk tells the wrong from the right.

    Wrong is a median error of more than 2 % of the target's diagonal.
    """
    from sar_models.benchmark.failures.figures import figures_of
    from sar_models.benchmark.failures.fitting import fit_risk
    from sar_models.benchmark.failures.plots import draw_failures
    from sar_models.benchmark.failures.runner import failure_trials, real_failure_trials
    from sar_models.benchmark.plotting import check_matplotlib
    from sar_models.benchmark.workers import run_all

    if out is not None:
        check_matplotlib(", or leave --out away")
    trials = failure_trials(seed, pairs) if data is None else real_failure_trials(data, seed)
    found: dict[int, tuple[Judgement, ...]] = {}
    with stage_progress("failures") as progress:
        for index, judgements, error in run_all(trials, jobs):
            if error is not None:
                raise error
            found[index] = judgements or ()
            progress(trials[index].subject.name, len(found) / len(trials))
    judged = [judgement for index in sorted(found) for judgement in found[index]]
    figures = figures_of(judged)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        draw_failures(judged, out / PLOT_NAME)
        stderr.print(f"Look at {out / PLOT_NAME}.", soft_wrap=True)
    fitted = fit_risk(judged) if fit else None
    if json_:
        print_json(jsonable({"figures": figures, "fit": fitted, "alignments": judged}))
        return
    stdout.print(_table(figures))
    stdout.print(_promises(figures))
    if fitted is not None:
        stdout.print(Text(str(fitted)), soft_wrap=True)


def _table(figures: FailureFigures) -> Table:
    table = measured_table(
        "Wrong alignments above right ones, by risk",
        ("alignments",),
        ("right", "wrong", "AUROC", "95 %"),
    )
    for name, of in (("all", figures.all), ("errors of 1 to 5 %", figures.hard)):
        table.add_row(name, str(of.right), str(of.wrong), number(of.auroc, 3), _interval(of))
    return table


def _interval(of: Discrimination) -> str:
    return "–" if of.interval is None else "{:.3f} to {:.3f}".format(*of.interval)


def _promises(figures: FailureFigures) -> Table:
    table = measured_table("What a risk means", ("risk",), ("alignments", "wrong"))
    for low, high, count, wrong in figures.bins:
        table.add_row(f"{low:.2f} to {high:.2f}", str(count), f"{wrong:.0%}" if count else "–")
    return table
