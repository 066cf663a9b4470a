"""``sar-align train scene``: SAR-Net from generated and real tissue, in slices."""

from __future__ import annotations

import contextlib
import math
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.text import Text

from sar_models.cli.benchmark.shared import jsonable
from sar_models.cli.console import print_json, stage_progress, stderr, stdout
from sar_models.cli.options import JsonOption
from sar_models.cli.train.progress import step_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sar_models.engine.training.loop import Training


class PaperLoss(StrEnum):
    """The losses of SAR-Net's paper, of which its ablation leaves out one at a time."""

    SCENE = "scene"
    CYCLE = "cycle"
    ALIGNMENT = "alignment"


CURVES_NAME, SAMPLES_NAME = "curves.png", "samples.png"


def scene(
    out: Annotated[Path, typer.Argument(help="Folder of the training; it goes on where it is.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with tiles in hemit and slides in wsi; else generated tissue."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps in all.")] = 4200,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after so long; else when it is done.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    without: Annotated[
        list[PaperLoss] | None,
        typer.Option(help="Leave this loss out; may be given several times."),
    ] = None,
    norm: Annotated[
        Literal["instance", "batch"], typer.Option(help="How the scene encoder normalises.")
    ] = "instance",
    torn: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the views that lose some of their tissue.")
    ] = 0.6,
    json_: JsonOption = False,
) -> None:
    """Train the network that tells tissue apart from its stain.

    About an hour and a half on one core. The same command goes on where the folder left off;
    Ctrl-C loses the steps since the last checkpoint, 250 at most. Writes the best network so far,
    checkpoints, every loss, and curves.png and samples.png to look at.
    """
    from sar_models.benchmark.plotting import check_matplotlib
    from sar_models.engine.training.losses import LossWeights
    from sar_models.engine.training.recipe import Recipe
    from sar_models.jobs.training import scene_training

    check_matplotlib()
    if data is None:
        stderr.print("No --data: training on generated tissue only.", soft_wrap=True)
    weights = LossWeights(**dict.fromkeys(without or (), 0.0))
    recipe = Recipe(steps=steps, seed=seed, norm=norm, torn=torn, weights=weights)
    started = time.perf_counter()
    with contextlib.ExitStack() as held:
        with stage_progress("train") as progress:
            training = held.enter_context(scene_training(out, recipe, data, progress))
        first = training.step
        with step_progress(first, steps) as report:
            training.run(math.inf if minutes is None else 60 * minutes, report)
        history = _draw(training)
    seconds = time.perf_counter() - started
    if json_:
        print_json(jsonable(_figures(training, history) | {"seconds": seconds}))
        return
    stdout.print(Text(_told(training, history, first)), soft_wrap=True)


def command_of(recipe: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Return the command that begins a training of a recipe and data, as they are on record."""
    words = ["sar-align train scene TRAINING"]
    words += ["--data DATA"] if data.keys() - {"generated"} else []
    words += [f"--steps {recipe['steps']} --seed {recipe['seed']}"]
    words += [] if recipe["norm"] == "instance" else [f"--norm {recipe['norm']}"]
    words += [f"--torn {recipe['torn']:g}"]
    words += [f"--without {loss}" for loss in PaperLoss if not recipe["weights"][loss]]
    return " ".join(words)


def _draw(training: Training) -> list[dict[str, Any]]:
    """Draw the pictures of a training; return its history."""
    from sar_models.benchmark.training_plots import draw_curves, draw_samples
    from sar_models.engine.training.history import read_history
    from sar_models.engine.training.samples import COLUMNS

    history = read_history(training.folder)
    draw_curves(history, training.folder / CURVES_NAME)
    draw_samples(training.samples(), COLUMNS, training.folder / SAMPLES_NAME)
    return history


def _figures(training: Training, history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from sar_models.engine.training.history import best_of

    best = best_of(history)
    return {
        "out": str(training.folder),
        "step": training.step,
        "steps": training.recipe.steps,
        "done": training.done,
        "best_step": None if best is None else best["step"],
        "validation": None if best is None else best["validation"],
    }


def _told(training: Training, history: Sequence[Mapping[str, Any]], first: int) -> str:
    figures = _figures(training, history)
    if training.step == first:
        lines = [f"Nothing to do: all {first} steps were taken before."]
    elif training.done:
        lines = [f"Done: {training.step} steps."]
    else:
        lines = [f"{training.step} of {figures['steps']} steps; the same command goes on."]
    if figures["validation"] is not None:
        values = ", ".join(f"{name} {x:.3f}" for name, x in figures["validation"].items())
        lines.append(f"Best on other tissue: step {figures['best_step']}; {values}.")
    lines.append(f"Look at {CURVES_NAME} and {SAMPLES_NAME} in {training.folder}.")
    return "\n".join(lines)
