"""Tasks of tests, run in worker processes."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import EngineError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TASKS = {
    name: f"tiny_tasks:{name}"
    for name in ("tiny", "broken", "deadly", "deaf", "patient", "surroundings", "missing_function")
}


def tiny(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Square a number, after some time if asked to."""
    until = time.monotonic() + values.get("seconds", 0.0)
    while time.monotonic() < until:
        progress("waiting", 0.5)
        time.sleep(0.005)
    folder.mkdir()
    (folder / "square.txt").write_text(str(values["number"] ** 2))
    (folder / "made-by.txt").write_text(f"{os.getpid()} {time.time_ns()}")
    return {"square": values["number"] ** 2}


def broken(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Leave half a result and raise, as often as asked to."""
    folder.mkdir()
    (folder / "half.txt").write_text("half")
    progress("breaking", 0.3)
    tries = values["tries"]
    with open(tries, "a") as file:
        file.write("x")
    if os.path.getsize(tries) <= values["times"]:
        if values.get("permanent"):
            raise InputError("The slide '/home/anna/he.svs' is broken", remedy="Copy it again.")
        raise EngineError("Cannot log in to https://anna:hunter2@omero.example.org with password=x")
    return {}


def deadly(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Take the worker down."""
    os.write(2, b"about to die\n")
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def deaf(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Never tell how far it is."""
    folder.mkdir()
    time.sleep(600)
    return {}


def patient(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Work for ever, listening."""
    while True:
        progress("being patient", 0.1)
        time.sleep(0.01)


def surroundings(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Return variables as the worker sees them."""
    return {name: os.environ.get(name) for name in values["names"]}
