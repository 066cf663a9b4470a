"""How a training went, step by step: one line of JSON each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HISTORY_NAME = "metrics.jsonl"


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Return what is known of every step.

    Returns
    -------
    list of dict
        ``step`` and ``training`` (losses by name); where there was a validation also
        ``validation`` (losses and figures by name), ``score`` (lower is better) and ``best``
        (whether it was the best so far).
    """
    path = folder / HISTORY_NAME
    if not path.exists():
        return []
    # A line that was cut short by a crash has no end.
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def append_history(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add steps."""
    with (folder / HISTORY_NAME).open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(row) + "\n" for row in rows)


def keep_history_until(folder: Path, step: int) -> None:
    """Forget the steps after a checkpoint: they are taken again."""
    rows = [row for row in read_history(folder) if row["step"] <= step]
    with atomic_file(folder / HISTORY_NAME) as partial:
        partial.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def best_of(history: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the row of the best validation, or ``None`` if there was none yet."""
    return next((row for row in reversed(history) if row.get("best")), None)
