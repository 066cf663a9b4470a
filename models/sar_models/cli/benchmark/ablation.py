"""``sar-align benchmark ablation``: what each loss of SAR-Net and its norm are worth."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from sar_models.cli.benchmark.results import prepare_folder, write_results, write_table
from sar_models.cli.benchmark.shared import jsonable, measured_table
from sar_models.cli.console import print_json, stage_progress, stderr, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sar_models.benchmark.intervals import Interval
    from sar_models.benchmark.scene.ablation import AblationRun
    from sar_models.benchmark.scene.ablation_figures import VariantFigures
    from sar_models.jobs.training import Tissue

_NAME = "ablation"
_STACKS = "stacks"


def ablation(
    out: Annotated[Path, typer.Argument(help="Folder of all trainings; it goes on where it is.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with tiles in hemit and slides in wsi; else generated tissue."),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=1, help="Steps of every training, of four pairs each.")
    ] = 260,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of every variant.")] = 3,
    pairs: Annotated[int, typer.Option(min=1, help="Generated pairs to register.")] = 3,
    jobs: Annotated[int, typer.Option(min=1, help="Registrations at a time.")] = 1,
    json_: JsonOption = False,
) -> None:
    """Train SAR-Net whole, without each of its losses, and by batch norm, all equally short.

    About an hour on one core. The same command goes on where the folder left off; trainings that
    are done are not done again. Figures have Student's intervals over the seeds.
    """
    from sar_models.benchmark.scene.ablation import run_ablation
    from sar_models.benchmark.scene.ablation_figures import figures_of
    from sar_models.benchmark.scene.variants import PAIRS_IN_BATCH
    from sar_models.jobs.training import collect_tissue

    prepare_folder(out)
    if data is None:
        stderr.print("No --data: training on generated tissue only.", soft_wrap=True)
    with stage_progress(_NAME) as progress:
        tissue = collect_tissue(out / _STACKS, data, PAIRS_IN_BATCH, progress)
        runs = list(run_ablation(tissue, out, steps, range(seeds), pairs, jobs, progress))
        progress("drawing", 1.0)
        figures = figures_of(runs)
        _draw(tissue, runs, figures, steps, out)
    table = _table(figures, "figures")
    record = _record(figures, steps, seeds, pairs)
    write_results(out, _NAME, record | {"runs": jsonable(runs)}, table)
    write_table(out, f"{_NAME}-against-full", _table(figures, "against_full"))
    if json_:
        print_json(jsonable(record))
        return
    stdout.print(table)
    stdout.print(_table(figures, "against_full"))
    stdout.print(Text(f"Figures and plots: {out}"), soft_wrap=True)


def _draw(
    tissue: Tissue,
    runs: Sequence[AblationRun],
    figures: Sequence[VariantFigures],
    steps: int,
    out: Path,
) -> None:
    from sar_models.benchmark.scene import ablation_plots as plots
    from sar_models.benchmark.scene.ablation import run_folder
    from sar_models.benchmark.scene.variants import VARIANTS
    from sar_models.jobs.training import training_on

    plots.draw_ablation(figures, out / "ablation.png")
    plots.draw_scene_distance(runs, out / "scene-distance.png")
    plots.draw_rising(runs, out / "rising.png")
    first = plots.full_first(runs)
    folder = run_folder(out, first.variant, first.seed)
    recipe = VARIANTS[first.variant].recipe(steps, first.seed)
    with training_on(tissue, folder, recipe) as training:
        plots.draw_scenes(training.samples(), out / "scenes.png")


def _record(
    figures: Sequence[VariantFigures], steps: int, seeds: int, pairs: int
) -> dict[str, Any]:
    from sar_models.benchmark.scene.variants import PAIRS_IN_BATCH

    return {
        "variants": jsonable(list(figures)),
        "steps": steps,
        "seeds": seeds,
        "pairs": pairs,
        "pairs_in_batch": PAIRS_IN_BATCH,
    }


def _table(figures: Sequence[VariantFigures], which: str) -> Table:
    from sar_models.benchmark.scene.ablation_figures import FIGURES

    against = which == "against_full"
    title = "Differences from the whole network of the same seed" if against else "Mean over seeds"
    table = measured_table(
        f"{title}, 95 % interval",
        ("variant",),
        tuple(figure.title for figure in FIGURES.values()),
    )
    for own in figures[1:] if against else figures:
        found: dict[str, Interval] = getattr(own, which)
        table.add_row(own.variant, *(_written(found[name]) for name in FIGURES))
    return table


def _written(interval: Interval) -> str:
    digits = 2 if abs(interval.value) >= 1 else 3
    value = f"{interval.value:.{digits}f}"
    if not math.isfinite(interval.low):
        return value
    return f"{value} ({interval.low:.{digits}f} – {interval.high:.{digits}f})"
