"""The registry says of every format what its readers and its users need to know."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path
from typing import get_args

import pytest

import sar_models.exports
from sar_models.exports import FORMATS, ExportFormat, FormatName

ROOT = Path(__file__).parents[3]


def test_names_are_the_ones_of_the_command() -> None:
    assert tuple(FORMATS) == get_args(FormatName)


def test_public_names_are_what_there_is() -> None:
    public = {
        name
        for name, value in vars(sar_models.exports).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public == set(sar_models.exports.__all__)


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_writers_exist_and_texts_name_both_slides(form: ExportFormat) -> None:
    assert callable(form.load_writer())
    told = form.use.format(start="FROM", end="TO")
    assert "{" not in told
    assert form.read_by
    assert form.loses


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_the_page_has_a_row_for_every_format(form: ExportFormat) -> None:
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| `{form.name}`"))
    direction = "source → target" if form.maps_forward else "target → source"
    assert direction in row
    assert form.origin in row
    assert all(f"`{suffix}`" in row for suffix in form.suffixes)
    assert all(f"`{units}`" in row for units in form.units)


def test_the_package_loads_no_library_that_only_some_formats_need() -> None:
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT / 'models')!r}]\n"
        "import sar_models.exports\n"
        "print(sorted({'SimpleITK', 'ngff_zarr', 'dask', 'torch'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stdout.strip() == "[]"
