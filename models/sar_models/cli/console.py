"""Where output goes: results to stdout, everything for people's eyes to stderr."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable

stderr = Console(stderr=True)
stdout = Console()


@contextlib.contextmanager
def stage_progress(title: str) -> Iterator[Callable[[str, float], None]]:
    """Show a bar on stderr; yield ``report(stage, fraction done in [0, 1])``.

    Where stderr is no terminal, one plain line is printed for every new stage instead.
    """
    if not stderr.is_terminal:
        stages: set[str] = set()

        def print_stage(stage: str, fraction: float) -> None:
            if stage not in stages:
                stages.add(stage)
                stderr.print(f"{title}: {stage}", markup=False, highlight=False, soft_wrap=True)

        yield print_stage
        return
    # Only here: `--help` and quick answers show no bar.
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr, transient=True) as progress:
        task = progress.add_task(title, total=1.0)

        def report(stage: str, fraction: float) -> None:
            progress.update(task, completed=fraction, description=f"{title}: {stage}")

        yield report


def print_json(values: Mapping[str, Any]) -> None:
    """Print one JSON object as the last line of stdout, in ASCII: any console can show it."""
    print(json.dumps(values))


def accept_all_text() -> None:
    """Let consoles and files of older code pages show `?` for what they lack, not stop there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
