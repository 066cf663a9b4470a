"""Whole or not at all: files and folders survive errors and kills."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sar_models.domain.errors import InputError, OutputExistsError
from sar_models.stores.atomic import atomic_file, atomic_folder, recover_folder

MODELS = Path(__file__).parents[3] / "models"


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_file_appears_whole(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "a.txt") as partial:
        partial.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


def test_error_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(TypeError), atomic_file(path) as partial:
        partial.write_text(b"half")  # type: ignore[arg-type]  # the error that is wanted
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"), atomic_file(tmp_path / "nowhere" / "a"):
        pass
    with pytest.raises(InputError, match="nowhere"), atomic_folder(tmp_path / "nowhere" / "a"):
        pass


def test_existing_folder_is_kept_unless_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out [1]"
    for content in ("first", "second"):
        with atomic_folder(path, overwrite=content == "second") as partial:
            (partial / content).write_text(content)
    assert names(path) == ["second"]
    with pytest.raises(OutputExistsError, match="--overwrite"), atomic_folder(path):
        pass
    with pytest.raises(RuntimeError), atomic_folder(path, overwrite=True):
        raise RuntimeError
    assert names(path) == ["second"]
    assert names(tmp_path) == ["out [1]"]


def test_a_folder_that_came_meanwhile_is_never_replaced(tmp_path: Path) -> None:
    def fill_while_another_ends_first() -> None:
        with atomic_folder(tmp_path / "out") as partial:
            (partial / "mine").write_text("late")
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "theirs").write_text("first")

    with pytest.raises(OutputExistsError):
        fill_while_another_ends_first()
    assert names(tmp_path / "out") == ["theirs"]
    assert names(tmp_path) == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_results_are_as_public_as_other_files(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with atomic_file(tmp_path / "a") as partial:
        partial.write_text("")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("moment", ["partial.rename(path)", "    shutil.rmtree(aside"])
def test_kill_while_replacing_leaves_the_old_folder_or_the_new(tmp_path: Path, moment: str) -> None:
    """Kill the process right before a step of the exchange; recovery finds one whole folder."""
    path = tmp_path / "out"
    path.mkdir()
    (path / "old").write_text("old")
    script = textwrap.dedent(
        f"""
        import inspect, os, pathlib, shutil, signal
        from sar_models.stores import atomic
        source = inspect.getsource(atomic._put_in_place)
        kill = "os.kill(os.getpid(), signal.SIGKILL); "
        assert {moment.strip()!r} in source
        source = source.replace({moment.strip()!r}, kill + {moment.strip()!r}, 1)
        exec(source, vars(atomic) | {{"signal": signal}}, scope := {{}})
        scope["_put_in_place"].__globals__["signal"] = signal
        atomic._put_in_place = scope["_put_in_place"]
        with atomic.atomic_folder(pathlib.Path({str(path)!r}), overwrite=True) as partial:
            (partial / "new").write_text("new")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(MODELS)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr.decode()
    recover_folder(path)
    assert names(path) in (["old"], ["new"])
    for leftover in tmp_path.glob(".out.*"):
        os.utime(leftover, (0, 0))
    with atomic_folder(path, overwrite=True) as partial:
        (partial / "next").write_text("next")
    assert names(path) == ["next"]
    assert names(tmp_path) == ["out"]
