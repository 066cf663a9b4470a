"""Pairs that are not really aligned: what the seed says happens instead."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import builders

from sar_models.domain.errors import InputError
from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TASKS = {"pair": "service_tasks:pair"}
QUICK, PATIENT, BROKEN = 0, 1, 2
REPORT, PICTURE = b"<!doctype html><title>report</title>", b"\xff\xd8 a picture"


def pair(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Write an alignment, work for ever, or fail."""
    seed = values["options"]["seed"]
    if seed == BROKEN:
        raise InputError(f"The slide {values['source']['slide']!r} is broken")
    while seed == PATIENT:
        progress("being patient", 0.5)
        time.sleep(0.02)
    for step in range(3):
        progress(f"step {step}", step / 3)
    alignment = builders.make_alignment()
    write_alignment(folder, alignment, {"report.html": REPORT, "preview/overlay.jpg": PICTURE})
    return {"outcome": alignment.outcome.value, "content_sha256": alignment.content_sha256}


def die() -> None:
    """Take the process down."""
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(seconds: float) -> int:
    """Take some time."""
    time.sleep(seconds)
    return os.getpid()


def mistake() -> None:
    """Meet a bug."""
    raise ZeroDivisionError("a bug")


def refuse(what: str) -> None:
    """Raise one of our errors."""
    raise InputError(f"{what!r} is refused", remedy="Ask for something else.")
