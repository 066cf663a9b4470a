"""``sar-align benchmark``: measurements that anyone can repeat."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from sar_models.cli.console import print_json, stage_progress, stdout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.benchmark.landmarks import LandmarkScore
    from sar_models.benchmark.rtre import TotalErrors

app = typer.Typer(help="Measure: accuracy, honesty, time, memory.", no_args_is_help=True)

DataOption = Annotated[Path, typer.Option(help="Folder with the data, see docs/benchmarks.md.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on the last line of stdout.")
]


@app.command()
def landmarks(
    data: DataOption,
    turn: Annotated[
        Literal["none", "any"],
        typer.Option(help="any: turn every source by a random angle, mirror some."),
    ] = "none",
    seed: Annotated[int, typer.Option(help="Seed of the turns.")] = 0,
    json_: JsonOption = False,
) -> None:
    """Measure the error at human landmarks: rTRE per pair and in total, as in ANHIR."""
    from sar_models.benchmark.landmarks import read_pairs, score_pairs
    from sar_models.benchmark.rtre import total_errors

    pairs = read_pairs(data)
    scores: list[LandmarkScore] = []
    with stage_progress("landmarks") as progress:
        for score in score_pairs(pairs, turn_seed=seed if turn == "any" else None):
            scores.append(score)
            progress(score.name, len(scores) / len(pairs))
    total = total_errors([score.errors for score in scores])
    if json_:
        print_json({"total": asdict(total), "pairs": [asdict(score) for score in scores]})
        return
    stdout.print(_landmark_table(scores))
    stdout.print(_total_line(total))


def _landmark_table(scores: Sequence[LandmarkScore]) -> Table:
    table = Table(title="rTRE, % of the target's diagonal", title_justify="left", box=None)
    table.add_column("pair")
    for heading in ("before", "median", "mean", "max", "closer", "risk", "CPU s", "MB"):
        table.add_column(heading, justify="right")
    table.add_column("outcome")
    for score in scores:
        errors, run = score.errors, score.run
        table.add_row(
            score.name,
            *(_percent(v) for v in (errors.before_median, errors.median, errors.mean)),
            _percent(errors.maximum),
            f"{errors.robustness:.0%}",
            f"{run.risk:.2f}",
            f"{run.cpu_seconds:.1f}",
            f"{run.peak_memory_mb:.0f}",
            run.outcome,
        )
    return table


def _total_line(total: TotalErrors) -> str:
    return (
        f"median of medians {_percent(total.median_of_medians)} %, "
        f"worst {_percent(total.worst_median)} %, "
        f"mean of medians {_percent(total.mean_of_medians)} %, "
        f"robustness {total.mean_robustness:.3f}, "
        f"not worse than before {total.pairs_not_worse} of {total.pairs}"
    )


def _percent(share: Any) -> str:
    return f"{100 * share:.2f}"
