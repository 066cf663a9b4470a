"""The recipe for Ice: built once, kept, and what it lacks said by name."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TextIO

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = Path(__file__).parents[1] / "ci" / "build_ice.py"


class Version(NamedTuple):
    major: int
    minor: int


class Linux:
    """Stands in for the module ``sys``."""

    platform = "linux"
    version_info = Version(3, 11)
    argv: ClassVar[list[str]] = ["build_ice.py"]

    @property
    def stderr(self) -> TextIO:
        return sys.stderr


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with an empty cache, on the system that it was made for."""
    monkeypatch.setenv("SAR_ALIGN_WHEELS", str(tmp_path / "wheels"))
    spec = importlib.util.spec_from_file_location("build_ice", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "sys", Linux())
    return module


@pytest.fixture
def commands(recipe: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the recipe would run: pip brings an empty source, the compiler an empty wheel."""
    ran: list[str] = []

    def run(command: list[Any], cwd: Path, environment: dict[str, str] | None = None) -> None:
        ran.append(" ".join(map(str, command)))
        if "compile_wheel.py" in ran[-1]:
            assert environment is not None
            assert "ice311" in environment["CXXFLAGS"]
            (Path(command[-1]) / "zeroc_ice-3.6.5-cp311.whl").write_text("wheel")

    monkeypatch.setattr(recipe, "run", run)
    monkeypatch.setattr(recipe.venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(recipe, "fetch_source", lambda _, scratch: scratch)
    monkeypatch.setattr(recipe, "missing_packages", dict)
    return ran


def test_it_builds_once_and_prints_the_folder(
    recipe: ModuleType, commands: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert recipe.main() == 0
    built = len(commands)
    assert recipe.main() == 0

    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert Path(first).is_relative_to(tmp_path / "wheels")
    assert [path.name for path in Path(first).iterdir()] == ["zeroc_ice-3.6.5-cp311.whl"]
    assert built == len(commands) == 2


def test_a_build_that_dies_leaves_no_half_wheel(
    recipe: ModuleType, commands: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(recipe.Path, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        recipe.main()
    assert list((tmp_path / "wheels").rglob("*.whl")) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("platform", "darwin", "The recipe is for Linux; this is 'darwin'. Put a wheel"),
        ("version_info", Version(3, 12), "expected 3.11"),
    ],
)
def test_where_it_cannot_build_it_says_what_to_do(
    recipe: ModuleType,
    commands: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: Any,
    message: str,
) -> None:
    monkeypatch.setattr(recipe.sys, name, value)

    assert recipe.main() == 1

    assert message in capsys.readouterr().err
    assert commands == []


def test_what_is_missing_is_named_with_its_packages(tmp_path: Path) -> None:
    environment = os.environ | {
        "SAR_ALIGN_WHEELS": str(tmp_path),
        "CXX": str(tmp_path / "no-compiler"),
    }
    command = [sys.executable, "-W", "error", str(SCRIPT)]

    missing = subprocess.run(
        [*command, "--missing"], env=environment, capture_output=True, text=True, check=True
    )

    assert missing.stdout.split() == [
        *("build-essential", "libbz2-dev", "libssl-dev", "python3-dev"),
    ]
    if sys.platform == "linux" and sys.version_info[:2] == (3, 11):
        build = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        assert build.returncode == 1
        assert "Missing: a C++ compiler, " in build.stderr
        assert "apt-get install build-essential libbz2-dev libssl-dev python3-dev" in build.stderr
    assert list(tmp_path.iterdir()) == []
