"""Landmark CSV: read what is there, name what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.domain.errors import LandmarkError
from sar_models.stores.landmarks import read_landmarks, read_points

if TYPE_CHECKING:
    from pathlib import Path


def test_pairs_are_read_by_column_name(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("\ufefftarget_x,target_y,name,source_x,source_y\n1,2,a,3,4\n5,6,b,7,8\n")
    source, target = read_landmarks(path)
    np.testing.assert_array_equal(source, [[3, 4], [7, 8]])
    np.testing.assert_array_equal(target, [[1, 2], [5, 6]])


def test_points_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("x,y\n1.5,2e2\n")
    np.testing.assert_array_equal(read_points(path), [[1.5, 200.0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\n1\n", "'y'"),
        ("", "lacks"),
        ("x,y\n", "no landmarks"),
        ("x,y\n1,2\n3,nan\n", "line 3"),
        ("x,y\n1\n", "line 2"),
        ("x,y\n1,left\n", "'left'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(LandmarkError, match=message):
        read_points(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LandmarkError, match=r"nothing\.csv"):
        read_points(tmp_path / "nothing.csv")
