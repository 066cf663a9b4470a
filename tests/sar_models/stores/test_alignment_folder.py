"""Alignment folders open with nothing else, and damaged ones say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.domain.alignment import Alignment
from sar_models.domain.errors import RecordError
from sar_models.stores.alignment_folder import ARRAYS_NAME, read_alignment, write_alignment

if TYPE_CHECKING:
    from pathlib import Path

Build = Callable[..., Alignment]


def test_round_trip_from_another_place(tmp_path: Path, make_alignment: Build) -> None:
    alignment = make_alignment()
    write_alignment(tmp_path / "a", alignment, {"report.html": b"hi", "preview/x.jpg": b"jpg"})
    moved = (tmp_path / "a").rename(tmp_path / "b é'\"")
    again = read_alignment(moved)
    assert again.content_sha256 == alignment.content_sha256
    where = np.array([[700.0, 700.0]])
    np.testing.assert_array_equal(again.map(where).points, alignment.map(where).points)
    assert (moved / "preview" / "x.jpg").read_bytes() == b"jpg"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "alignment.json").unlink(), "no alignment folder"),
        (lambda f: (f / "alignment.json").write_text("{"), "damaged"),
        (lambda f: (f / "alignment.json").write_text("[]"), "no alignment record"),
        (lambda f: (f / ARRAYS_NAME).write_bytes(b"\x00" * 20), "damaged"),
        (lambda f: (f / ARRAYS_NAME).unlink(), "no alignment folder"),
    ],
)
def test_damage_is_told(
    tmp_path: Path, make_alignment: Build, damage: Callable[[Path], object], message: str
) -> None:
    write_alignment(tmp_path / "a", make_alignment())
    damage(tmp_path / "a")
    with pytest.raises(RecordError, match=message):
        read_alignment(tmp_path / "a")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(RecordError, match="no alignment folder"):
        read_alignment(tmp_path / "a")
