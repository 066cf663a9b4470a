"""``sar-align train anchored``: SAR2Net, ours or as its paper has it, from made-up coordinates."""

from __future__ import annotations

import math
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.text import Text

from sar_models.cli.benchmark.shared import jsonable
from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_models.cli.train.progress import step_progress
from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sar_models.engine.training.anchored.loop import AnchoredTraining

CURVES_NAME = "curves.png"


class PaperPart(StrEnum):
    """Parts of SAR2Net's training, of which its ablation leaves out one at a time."""

    PERTURBATION = "perturbation"
    LGN = "lgn"


def anchored(
    out: Annotated[Path, typer.Argument(help="Folder of the training; it goes on where it is.")],
    form: Annotated[
        Literal["paired", "pooled"],
        typer.Option(help="paired: ours, which keeps anchors paired. pooled: the paper's."),
    ] = "paired",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps in all. [default: as the weights that ship]")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after so long; else when it is done.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    without: Annotated[
        list[PaperPart] | None,
        typer.Option(help="Leave this part of the paper out; may be given several times."),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")
    ] = "cpu",
    json_: JsonOption = False,
) -> None:
    """Train what finds places by paired anchors; it needs no pictures, and no data.

    Minutes on one core. The same command goes on where the folder left off; Ctrl-C loses the steps
    since the last checkpoint, 250 at most. Writes the best network so far, checkpoints, every
    loss, and curves.png to look at.
    """
    from sar_models.benchmark.plotting import check_matplotlib
    from sar_models.engine.device import choose_device
    from sar_models.engine.training.anchored.loop import anchored_training
    from sar_models.engine.training.anchored.recipe import recipe_for

    check_matplotlib()
    left = set(without or ())
    if form == "paired" and "lgn" in left:
        raise OptionError(
            "--without lgn with --form paired, which has none",
            remedy="Give --form pooled for the paper's network.",
        )
    recipe = recipe_for(
        form, steps, seed, perturbation="perturbation" not in left, lgn="lgn" not in left
    )
    started = time.perf_counter()
    with anchored_training(out, recipe, choose_device(device)) as training:
        first = training.step
        with step_progress(first, recipe.steps) as report:
            training.run(math.inf if minutes is None else 60 * minutes, report)
        history = _draw(training)
    figures = _figures(training, history)
    if json_:
        print_json(jsonable(figures | {"seconds": time.perf_counter() - started}))
        return
    stdout.print(Text(_told(figures, first, out)), soft_wrap=True)


def command_of(recipe: Mapping[str, Any]) -> str:
    """Return the command that begins a training of a recipe, as it is on record."""
    words = [f"sar-align train anchored TRAINING --form {recipe['form']}"]
    words += [f"--steps {recipe['steps']} --seed {recipe['seed']}"]
    words += [] if recipe["perturbation"] else ["--without perturbation"]
    words += [] if recipe["lgn"] else ["--without lgn"]
    return " ".join(words)


def _draw(training: AnchoredTraining) -> list[dict[str, Any]]:
    """Draw the curves of a training; return its history."""
    from sar_models.benchmark.training_plots import draw_curves
    from sar_models.engine.training.history import read_history

    history = read_history(training.folder)
    draw_curves(history, training.folder / CURVES_NAME)
    return history


def _figures(training: AnchoredTraining, history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from sar_models.engine.training.history import best_of

    best = best_of(history)
    return {
        "out": str(training.folder),
        "form": training.recipe.form,
        "step": training.step,
        "steps": training.recipe.steps,
        "done": training.done,
        "best_step": None if best is None else best["step"],
        "validation": None if best is None else best["validation"],
    }


def _told(figures: Mapping[str, Any], first: int, out: Path) -> str:
    if figures["step"] == first:
        lines = [f"Nothing to do: all {first} steps were taken before."]
    elif figures["done"]:
        lines = [f"Done: {figures['step']} steps."]
    else:
        lines = [f"{figures['step']} of {figures['steps']} steps; the same command goes on."]
    if figures["validation"] is not None:
        values = ", ".join(f"{name} {x:.2f}" for name, x in figures["validation"].items())
        lines.append(f"Best on held-out coordinates: step {figures['best_step']}; {values}.")
    lines.append(f"Look at {CURVES_NAME} in {out}.")
    return "\n".join(lines)
