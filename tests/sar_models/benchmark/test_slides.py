"""Slides of a folder, and levels that fit in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from builders import slide_info

from sar_models.benchmark.slides import read_level, slide_files, workable_level
from sar_models.domain.errors import InputError
from sar_models.domain.geometry import Size
from sar_models.stores import ArraySlide

if TYPE_CHECKING:
    from pathlib import Path


def test_slides_are_found_by_suffix_and_sorted(tmp_path: Path) -> None:
    for name in ("b.SVS", "a.ome.tif", "notes.txt", "c.csv"):
        (tmp_path / name).touch()
    (tmp_path / "d.svs").mkdir()
    assert [path.name for path in slide_files(tmp_path)] == ["a.ome.tif", "b.SVS"]


@pytest.mark.parametrize("name", [".", "missing"])
def test_a_folder_without_slides_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="holds no slide files"):
        slide_files(tmp_path / name)


def test_the_finest_level_that_fits_is_taken() -> None:
    sizes = (Size(40_000, 40_000), Size(10_000, 10_000), Size(5000, 5000), Size(1250, 1250))
    info = slide_info("s", sizes[0])
    assert workable_level(replace(info, levels=sizes)) == 2
    with pytest.raises(InputError, match="full pyramid"):
        workable_level(replace(info, levels=sizes[:2]))


def test_a_level_is_read_whole() -> None:
    fine = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    slide = ArraySlide("s", [fine, fine[::2, ::2]])
    np.testing.assert_array_equal(read_level(slide, 1), fine[::2, ::2])
