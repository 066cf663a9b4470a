"""``sar-align benchmark honesty``: right pairs, wrong pairs, pairs with two answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sar_models.cli.benchmark.shared import jsonable, measured_table, number, percent
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sar_models.benchmark.honesty.runner import GroupSummary
    from sar_models.benchmark.honesty.trials import Trial
    from sar_models.benchmark.honesty.verdict import TrialResult

_NUMBERS = ("count", "right", "misplaced", "median %", "worst %", "CPU s", "most")


def honesty(
    true: Annotated[int, typer.Option(help="Generated pairs that belong together.")] = 100,
    wrong: Annotated[int, typer.Option(help="Generated pairs that do not.")] = 100,
    two_levels: Annotated[int, typer.Option(help="Targets that hold the section twice.")] = 10,
    one_pixel: Annotated[int, typer.Option(help="Sections that meet a slide of 1 px.")] = 1,
    size: Annotated[int, typer.Option(help="Long side of the source slides, pixels.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all pairs.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Pairs at a time, one thread each.")] = 1,
    data: Annotated[
        Path | None, typer.Option(help="Folder with pairs.csv: real pairs with landmarks too.")
    ] = None,
    slides: Annotated[
        Path | None, typer.Option(help="Folder of real slides of different tissue, all unrelated.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Count what is said about pairs that belong together, and about pairs that do not."""
    from sar_models.benchmark.honesty.real import real_trials
    from sar_models.benchmark.honesty.runner import Amounts, generated_trials, summarise, try_all

    amounts = Amounts(true, wrong, two_levels, one_pixel, size)
    trials: list[Trial] = [*generated_trials(seed, amounts), *real_trials(data, slides, seed)]
    found: dict[int, list[TrialResult]] = {}
    with stage_progress("honesty") as progress:
        for index, results in try_all(trials, jobs):
            found[index] = results
            progress(f"{trials[index].group}, {trials[index].name}", len(found) / len(trials))
    results = [result for index in sorted(found) for result in found[index]]
    groups = summarise(results)
    if json_:
        print_json(jsonable({"groups": groups, "pairs": results}))
        return
    stdout.print(_table(groups))
    _print_failures(results)


def _table(groups: Sequence[GroupSummary]) -> Table:
    table = measured_table(
        "What was said; errors of the aligned in % of the target's diagonal",
        ("pairs", "outcomes"),
        _NUMBERS,
    )
    for group in groups:
        table.add_row(
            group.group,
            ", ".join(f"{count} {outcome}" for outcome, count in group.outcomes.items()),
            str(group.pairs),
            str(group.right),
            str(group.verdicts.get("misplaced", 0)),
            *(percent(error) for error in (group.median_error, group.worst_error)),
            *(number(v) for v in (group.median_cpu_seconds, group.most_cpu_seconds)),
        )
    return table


def _print_failures(results: Sequence[TrialResult]) -> None:
    for result in results:
        if result.verdict != "right":
            why = " · ".join(result.why[:3])
            text = f"{result.verdict}: {result.group}, {result.name}: {result.outcome}; {why}"
            stdout.print(Text(text), soft_wrap=True)
