"""The distribution says what it is, and its import contracts really bite."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, metadata, version
from pathlib import Path

import pytest

import sar_models

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = {
    "omero",
    "qupath",
    "widgets",
    "service",
    "cluster",
    "exports",
    "matchers",
    "keyring",
    "benchmark",
    "test",
    "all",
}


def test_version_is_stated_once() -> None:
    assert version("sar-align") == sar_models.__version__


def test_extras_are_the_documented_ones() -> None:
    assert set(metadata("sar-align").get_all("Provides-Extra") or ()) == EXTRAS
    documented = (ROOT / "docs" / "install" / "index.md").read_text(encoding="utf-8")
    assert {name for name in EXTRAS if f"`{name}`" in documented} == EXTRAS


def test_all_means_every_extra_that_a_user_may_want() -> None:
    (everything,) = PROJECT["project"]["optional-dependencies"]["all"]
    named = re.fullmatch(r"sar-align\[(.*)\]", everything)
    assert named is not None
    assert set(named[1].split(",")) == EXTRAS - {"test", "all"}


def test_the_command_is_sar_align() -> None:
    (script,) = entry_points(group="console_scripts", name="sar-align")
    assert script.value == "sar_models.cli.main:main"


def test_every_dependency_is_pinned_by_the_constraints() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {normal(line.split("==")[0]) for line in lines if "==" in line}
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *(d for ds in extras.values() for d in ds)]
    names = {normal(re.split(r"[<>=\[]", dependency)[0]) for dependency in wanted}
    assert names - {"sar-align"} <= pins
    assert "torch==2.13.0" in lines


def test_licence_is_gpl_2_or_later() -> None:
    assert metadata("sar-align")["License-Expression"] == "GPL-2.0-or-later"
    assert "Version 2, June 1991" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_all_weights_are_in_the_manifest_with_how_they_were_made() -> None:
    folder = ROOT / "models" / "sar_models" / "weights"
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert set(files) == {path.name for path in folder.glob("*.safetensors")} != set()
    for name, entry in files.items():
        content = (folder / name).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["command"].startswith("sar-align train ")
        assert {"step", "recipe", "data", "validation"} <= set(entry)
    assert sum(path.stat().st_size for path in folder.glob("*.safetensors")) <= 10_000_000


def normal(name: str) -> str:
    """Normalise a distribution's name as package indexes do."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, to break rules in."""
    copy = tmp_path_factory.mktemp("tree")
    for package in ("models/sar_models", "sar_omero", "sar_qupath", "widgets/sar_widgets"):
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a tree, with that tree's sources in front."""
    paths = [str(tree), str(tree / "models"), str(tree / "widgets")]
    code = (
        f"import sys; sys.path[:0] = {paths!r}\n"
        "from importlinter.cli import lint_imports\n"
        "sys.exit(lint_imports(no_cache=True))"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False
    )


def test_every_folder_is_a_package() -> None:
    # A folder without __init__.py is invisible to import-linter: no rule would hold in it.
    roots = ("models/sar_models", "sar_omero", "sar_qupath", "widgets/sar_widgets")
    folders = {file.parent for root in roots for file in (ROOT / root).rglob("*.py")}
    assert not [str(f) for f in sorted(folders) if not (f / "__init__.py").exists()]


def test_import_contracts_hold(tree: Path) -> None:
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("models/sar_models/domain/geometry.py", "import sar_models.domain.alignment"),
        ("models/sar_models/domain/errors.py", "import torch"),
        ("models/sar_models/domain/slides.py", "import tifffile"),
        ("models/sar_models/stores/__init__.py", "import torch.nn"),
        ("models/sar_models/stores/__init__.py", "import sar_models.cli.main"),
        ("models/sar_models/report/__init__.py", "import sar_models.synthesis"),
        ("models/sar_models/synthesis/__init__.py", "import sar_models.engine"),
        ("models/sar_models/stores/__init__.py", "import omero"),
        ("models/sar_models/domain/surprise.py", "import math"),
        ("models/sar_models/surprise.py", "import math"),
        ("sar_omero/__init__.py", "import sar_qupath"),
        ("sar_omero/cli/shared.py", "import sar_omero.connection"),
        ("models/sar_models/__init__.py", "import sar_widgets"),
    ],
)
def test_import_contracts_bite(tree: Path, file: str, line: str) -> None:
    path = tree / file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        result = lint_imports(tree)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    assert result.returncode == 1, result.stdout + result.stderr
