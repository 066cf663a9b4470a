"""Options, numbers and tables that all benchmarks write alike."""

from __future__ import annotations

import math
from dataclasses import asdict, is_dataclass
from typing import Annotated, Any

import typer
from rich.table import Table

MemoryOption = Annotated[str, typer.Option(help="Memory budget of every alignment.")]


def measured_table(title: str, left: tuple[str, ...], right: tuple[str, ...]) -> Table:
    """Return an empty table: columns of text, then columns of numbers."""
    table = Table(title=title, title_justify="left", box=None)
    for heading in left:
        table.add_column(heading, overflow="fold")
    for heading in right:
        table.add_column(heading, justify="right")
    return table


def percent(share: float | None) -> str:
    """Return a share in percent; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.2f}"


def number(value: float | None, digits: int = 1) -> str:
    """Return a number; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def jsonable(value: Any) -> Any:
    """Return records as JSON values; what is infinite or undefined becomes ``null``."""
    if is_dataclass(value) and not isinstance(value, type):
        return jsonable(asdict(value))
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
