"""Texts in tables that people open in spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from sar_models.domain.errors import RecordError

if TYPE_CHECKING:
    from pathlib import Path

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula: people's words are only words."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain_cell(text: str) -> str:
    """Return a text as it was before :func:`safe_cell`."""
    return text[1:] if text.startswith("'") else text


def table_rows(text: str, path: Path) -> list[dict[str, str]]:
    """Return the rows of a table with a header, by column.

    Raises
    ------
    RecordError
        If it is no table.
    """
    try:
        return list(csv.DictReader(io.StringIO(text, newline=""), restval=""))
    except csv.Error as exc:
        raise RecordError(f"{str(path)!r} is no table: {exc}") from exc
