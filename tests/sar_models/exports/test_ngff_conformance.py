"""The reader that our scenes are held to passes the published conformance cases itself."""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ngff_scenes import map_through

if TYPE_CHECKING:
    from types import ModuleType

(WHEEL,) = (Path(__file__).parents[2] / "fixtures" / "ngff").glob("*.whl")
_SUITE = "transformation_conformance.py"


def case_names() -> list[str]:
    with zipfile.ZipFile(WHEEL) as wheel:
        return sorted(
            name.split("/")[1] for name in wheel.namelist() if name.endswith("conformance.toml")
        )


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conformance")
    with zipfile.ZipFile(WHEEL) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def suite(unpacked: Path) -> ModuleType:
    """The package's own module: it reads the cases and compares results."""
    spec = importlib.util.spec_from_file_location("conformance_suite", unpacked / _SUITE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        # Its dataclasses look their module up by name.
        patch.setitem(sys.modules, module.__name__, module)
        spec.loader.exec_module(module)
    return module


def respell(case: Path) -> None:
    """Bring a case to the last spelling of the specification; no number changes."""
    path = case / "zarr.json"
    group: dict[str, Any] = json.loads(path.read_bytes())
    for entry in group["attributes"]["ome"]["scene"]["coordinateTransformations"]:
        for end in ("input", "output"):
            entry[end] = {"name": entry[end]}
        if entry["type"] == "byDimension":
            entry["transformations"] = [
                {
                    "inputAxes": item.pop("input_axes"),
                    "outputAxes": item.pop("output_axes"),
                    "transformation": item,
                }
                for item in entry["transformations"]
            ]
    path.write_text(json.dumps(group), encoding="utf-8")


def test_there_are_cases() -> None:
    assert len(case_names()) == 24


@pytest.mark.parametrize("name", case_names())
def test_the_reader_conforms(name: str, unpacked: Path, suite: ModuleType) -> None:
    case = unpacked / "cases" / name
    expected = suite.Conformance.from_jso(
        tomllib.loads((case / "conformance.toml").read_text(encoding="utf-8"))
    )
    respell(case)
    ends = (case, expected.source.name, expected.target.name, expected.source.coordinates)
    if expected.should_error:
        with pytest.raises(LookupError, match="no way"):
            map_through(*ends)
        return
    found = map_through(*ends).tolist()
    tolerances = (expected.absolute_tolerance, expected.relative_tolerance)
    assert suite.check_results(found, expected.target.coordinates, *tolerances)
