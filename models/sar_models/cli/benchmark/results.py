"""Folders that benchmarks write: figures as JSON, tables as Markdown, pictures."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from sar_models.cli.benchmark.shared import jsonable
from sar_models.domain.errors import OutputExistsError
from sar_models.stores.atomic import atomic_file

_WIDE = 200


def prepare_folder(out: Path | None) -> None:
    """Make the folder, and find out what would fail at the end before the work begins.

    Raises
    ------
    OutputExistsError
        If ``out`` is a file.
    OptionError
        If plots cannot be drawn.
    """
    if out is None:
        return
    from sar_models.benchmark.plotting import check_matplotlib

    if out.exists() and not out.is_dir():
        raise OutputExistsError(f"The output {str(out)!r} is a file", remedy="Choose a folder.")
    check_matplotlib(", or leave --out away")
    out.mkdir(parents=True, exist_ok=True)


def write_results(out: Path, name: str, figures: Mapping[str, Any], table: Table) -> None:
    """Write ``name.json`` and the table as ``name.md``, each whole or not at all."""
    _write(out / f"{name}.json", json.dumps(jsonable(dict(figures)), indent=1) + "\n")
    write_table(out, name, table)


def write_table(out: Path, name: str, table: Table) -> None:
    """Write a table as ``name.md``."""
    _write(out / f"{name}.md", _markdown(table))


def _write(path: Path, text: str) -> None:
    """Write a file; what an earlier run left is no loss, as the same command makes it again."""
    path.unlink(missing_ok=True)
    with atomic_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _markdown(table: Table) -> str:
    before = table.box, table.title
    table.box, table.title = box.MARKDOWN, None
    text = io.StringIO()
    Console(file=text, width=_WIDE, color_system=None).print(table)
    table.box, table.title = before
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines() if line.strip()) + "\n"
