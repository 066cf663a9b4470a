"""Run ``sar-align align`` in a process of its own, so that its time and memory are its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.benchmark.workers import ONE_THREAD
from sar_models.domain.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ENDED_WITH_A_RECORD = (0, 3, 4)


@dataclass(frozen=True)
class MeasuredRun:
    """One alignment with its cost, start-up of the program included."""

    outcome: str
    risk: float
    reasons: tuple[str, ...]
    failure: str
    seconds: float
    cpu_seconds: float
    peak_memory_mb: float


def run_align(source: Path, target: Path, out: Path, arguments: Sequence[str] = ()) -> MeasuredRun:
    """Align two slide files by the command line and return what it reports.

    Raises
    ------
    EngineError
        If the command ended without a record.
    """
    command = [sys.executable, "-m", "sar_models.cli.main", "align"]
    command += [str(source), str(target), "--out", str(out), "--overwrite", "--json", *arguments]
    done = subprocess.run(
        command, env=os.environ | ONE_THREAD, capture_output=True, text=True, check=False
    )
    if done.returncode not in _ENDED_WITH_A_RECORD:
        raise EngineError(
            f"sar-align ended with {done.returncode} on {source.name!r} and {target.name!r}: "
            f"{done.stderr.strip()[-2000:]}"
        )
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return MeasuredRun(
        found["outcome"],
        found["risk"],
        tuple(found["reasons"]),
        found["failure"],
        found["seconds"],
        found["cpu_seconds"],
        found["peak_memory_mb"],
    )
