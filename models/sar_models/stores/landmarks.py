"""Landmark pairs as CSV: points that an alignment has to keep fixed, or is judged by."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import LandmarkError

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.geometry import Points

PAIR_COLUMNS = ("source_x", "source_y", "target_x", "target_y")
POINT_COLUMNS = ("x", "y")


def read_landmarks(path: Path) -> tuple[Points, Points]:
    """Read landmark pairs.

    Parameters
    ----------
    path : Path
        CSV with the columns ``source_x, source_y, target_x, target_y``, level-0 pixels.

    Returns
    -------
    source, target : (N, 2) arrays

    Raises
    ------
    LandmarkError
        If the file cannot be read, lacks a column, or a value is no finite number.
    """
    table = _read_columns(path, PAIR_COLUMNS)
    return table[:, :2], table[:, 2:]


def read_points(path: Path) -> Points:
    """Read the columns ``x, y`` of a CSV as ``(N, 2)`` points.

    Raises
    ------
    LandmarkError
        If the file cannot be read, lacks a column, or a value is no finite number.
    """
    return _read_columns(path, POINT_COLUMNS)


def _read_columns(path: Path, columns: tuple[str, ...]) -> Points:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [c for c in columns if c not in (reader.fieldnames or ())]
            if missing:
                raise LandmarkError(
                    f"{str(path)!r} lacks the columns {missing!r}",
                    remedy=f"The first line has to name {', '.join(columns)}.",
                )
            rows = [
                [_number(path, reader.line_num, row[column]) for column in columns]
                for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise LandmarkError(
            f"Cannot read landmarks from {str(path)!r}: {exc}", remedy="Give a CSV file."
        ) from exc
    if not rows:
        raise LandmarkError(f"{str(path)!r} holds no landmarks", remedy="Add one row a landmark.")
    return np.array(rows, dtype=np.float64)


def _number(path: Path, line: int, text: str | None) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LandmarkError(
            f"{str(path)!r}, line {line}: {text!r} is no coordinate",
            remedy="Give finite numbers in level-0 pixels.",
        )
    return value
