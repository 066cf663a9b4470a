"""Progress of a training: step, losses, time left."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sar_models.cli.console import stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LINE_EVERY = 50


@contextlib.contextmanager
def step_progress(start: int, steps: int) -> Iterator[Callable[[int, dict[str, float]], None]]:
    """Show a bar on stderr; yield ``report(step, losses)``.

    Where stderr is no terminal, a plain line is printed every 50 steps and for the last one.
    """
    if not stderr.is_terminal:

        def print_step(step: int, losses: dict[str, float]) -> None:
            if step % _LINE_EVERY == 0 or step == steps:
                text = f"step {step} of {steps}: {_written(losses)}"
                stderr.print(text, markup=False, highlight=False, soft_wrap=True)

        yield print_step
        return
    columns = (
        TextColumn("step {task.completed:.0f} of {task.total:.0f}"),
        BarColumn(bar_width=20),
        TimeRemainingColumn(compact=True),
        TextColumn("left  {task.description}", markup=False),
    )
    # A step takes a second, a validation many: the guess needs more than rich's last seconds.
    with Progress(
        *columns, console=stderr, transient=True, speed_estimate_period=600.0
    ) as progress:
        task = progress.add_task("", total=steps, completed=start)

        def report(step: int, losses: dict[str, float]) -> None:
            progress.update(task, completed=step, description=_written(losses))

        yield report


def _written(losses: dict[str, float]) -> str:
    return "  ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
