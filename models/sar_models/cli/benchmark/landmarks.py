"""``sar-align benchmark landmarks``: error at human landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sar_models.cli.benchmark.shared import jsonable, measured_table, percent
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sar_models.benchmark.landmarks import LandmarkScore
    from sar_models.benchmark.rtre import TotalErrors


def landmarks(
    data: Annotated[Path, typer.Option(help="Folder with pairs.csv, see docs/benchmarks.md.")],
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
        print_json(jsonable({"total": total, "pairs": scores}))
        return
    stdout.print(_landmark_table(scores))
    stdout.print(_total_line(total))


def _landmark_table(scores: Sequence[LandmarkScore]) -> Table:
    table = measured_table(
        "rTRE, % of the target's diagonal",
        ("pair", "outcome"),
        ("before", "median", "mean", "max", "closer", "risk", "CPU s", "MB"),
    )
    for score in scores:
        errors, run = score.errors, score.run
        table.add_row(
            score.name,
            run.outcome,
            *(percent(v) for v in (errors.before_median, errors.median, errors.mean)),
            percent(errors.maximum),
            f"{errors.robustness:.0%}",
            f"{run.risk:.2f}",
            f"{run.cpu_seconds:.1f}",
            f"{run.peak_memory_mb:.0f}",
        )
    return table


def _total_line(total: TotalErrors) -> str:
    return (
        f"median of medians {percent(total.median_of_medians)} %, "
        f"worst {percent(total.worst_median)} %, "
        f"mean of medians {percent(total.mean_of_medians)} %, "
        f"robustness {total.mean_robustness:.3f}, "
        f"not worse than before {total.pairs_not_worse} of {total.pairs}"
    )
