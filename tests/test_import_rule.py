"""Importing a package of ours, or asking a quick command, loads nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sar_models.jobs import Layout, Queue

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "cv2", "omero", "Ice", "Glacier2", "jpype", "paquo", "ipywidgets", "matplotlib"}
ARRAYS = {"numpy", "PIL", "scipy", "shapely", "skimage", "tifffile", "zarr"}
PACKAGES = ("sar_models", "sar_omero", "sar_qupath", "sar_widgets")


def modules_after(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter; return the top-level modules it loaded."""
    code = (
        "import sys; before = set(sys.modules)\n"
        f"{statement}\n"
        "import json; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    paths = [str(ROOT), str(ROOT / "models"), str(ROOT / "widgets")]
    code = f"import sys; sys.path[:0] = {paths!r}\n{code}"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    names = json.loads(result.stdout.splitlines()[-1])
    return {name.partition(".")[0] for name in names}


def modules_of_command(*arguments: str) -> set[str]:
    """Run a command that ends well; return the top-level modules it loaded."""
    return modules_after(
        f"sys.argv = ['sar-align', *{arguments!r}]\n"
        "from sar_models.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as exit:\n    assert not exit.code, exit.code"
    )


def test_importing_every_package_loads_nothing_heavy() -> None:
    loaded = modules_after(f"import {', '.join(PACKAGES)}")
    assert set(PACKAGES) <= loaded
    assert not loaded & HEAVY
    assert "numpy" not in loaded


def test_the_domain_loads_neither_torch_nor_a_file_format() -> None:
    loaded = modules_after(
        "import importlib, pkgutil, sar_models.domain as domain\n"
        "for module in pkgutil.walk_packages(domain.__path__, 'sar_models.domain.'):\n"
        "    importlib.import_module(module.name)"
    )
    assert "shapely" in loaded
    assert not loaded & (HEAVY | {"tifffile", "tiffslide", "openslide", "zarr", "PIL", "typer"})


@pytest.mark.parametrize("package", ["sar_omero", "sar_qupath", "sar_widgets"])
def test_a_connector_loads_without_the_others(package: str) -> None:
    loaded = modules_after(f"import {package}")
    assert not loaded & (set(PACKAGES) - {package, "sar_models"})


@pytest.mark.parametrize("words", [(), ("batch",), ("review",), ("train",), ("benchmark",)])
def test_help_loads_no_command(words: tuple[str, ...]) -> None:
    loaded = modules_of_command(*words, "--help")
    assert {"sar_models", "typer"} <= loaded
    assert not loaded & (HEAVY | ARRAYS)


def test_the_status_of_a_batch_loads_neither_arrays_nor_engines(tmp_path: Path) -> None:
    Queue(Layout(tmp_path / "out")).close()
    loaded = modules_of_command("batch", "status", str(tmp_path / "out"))
    assert "sqlite3" in loaded
    assert not loaded & (HEAVY | ARRAYS)
