"""Real pairs under random kills, against the same pairs one after the other."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import psutil
import tifffile

from sar_models.benchmark.workers import ONE_THREAD
from sar_models.domain.errors import EngineError
from sar_models.jobs import EventKind, Queue
from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_VICTIMS = ("worker", "supervisor", "everything")
_MPP = 8.0
_SLIDES = PairOptions(size_px=480, mpp=_MPP, jpeg=False)


@dataclass(frozen=True)
class CrashRun:
    """What became of the pairs.

    Parameters
    ----------
    pairs, kills : int
    done : int
        Pairs that were done in the end.
    committed_twice : int
    equal : int
        Pairs whose content is, bit for bit, that of the serial run.
    attempts : int
        Of all pairs together.
    serial_s, killed_s : float
        Wall time.
    """

    pairs: int
    kills: int
    done: int
    committed_twice: int
    equal: int
    attempts: int
    serial_s: float
    killed_s: float


def measure_crashes(
    folder: Path, pairs: int, kills: int, seed: int, progress: Callable[[str, float], None]
) -> CrashRun:
    """Align generated pairs serially, then with two workers under kills; compare.

    Parameters
    ----------
    folder : Path
        For slides and results; must be empty.
    pairs, kills : int
    seed : int
        Of the moments and the victims; slides are the same for every seed.
    progress : callable
        Called with what is done, and the fraction of it.

    Raises
    ------
    EngineError
        If a run does not end as it should.
    """
    slides = folder / "slides"
    slides.mkdir(parents=True)
    _write_slides(slides, pairs, progress)
    progress("one after the other", 0.1)
    began = time.perf_counter()
    _wait(_start(slides, folder / "serial", 1))
    serial_s = time.perf_counter() - began
    began = time.perf_counter()
    _run_with_kills(slides, folder / "killed", pairs, kills, random.Random(seed), progress)
    killed_s = time.perf_counter() - began
    return _compared(folder, pairs, kills, serial_s, killed_s)


def _write_slides(folder: Path, pairs: int, progress: Callable[[str, float], None]) -> None:
    with (folder / "pairs.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["source", "target"])
        for number in range(pairs):
            progress("making slides", 0.1 * number / pairs)
            pair = generate_pair(number + 1, _SLIDES)
            names = (f"{number:03}-source.tif", f"{number:03}-target.tif")
            table.writerow(names)
            for name, slide in zip(names, (pair.source, pair.target), strict=True):
                tifffile.imwrite(
                    folder / name,
                    np.ascontiguousarray(slide.image),
                    photometric="rgb",
                    tile=(256, 256),
                    resolution=(1e4 / _MPP,) * 2,
                    resolutionunit=3,
                )


def _start(slides: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sar_models.cli.main", "batch", "run", str(slides)]
    command += ["--pairs", str(slides / "pairs.csv"), "--out", str(out), "--device", "cpu"]
    command += ["--workers", str(workers), "--retries", "1000"]
    null = subprocess.DEVNULL
    return subprocess.Popen(command, env=os.environ | ONE_THREAD, stdout=null, stderr=null)


def _wait(process: subprocess.Popen[bytes]) -> None:
    if process.wait() not in (0, 3):
        raise EngineError(f"sar-align batch ended with {process.returncode}")


def _run_with_kills(
    slides: Path,
    out: Path,
    pairs: int,
    kills: int,
    choose: random.Random,
    progress: Callable[[str, float], None],
) -> None:
    """Kill after random numbers of pairs, each kind of victim equally often."""
    process = _start(slides, out, 2)
    moments = sorted(choose.uniform(0.02, 0.9) * pairs for _ in range(kills))
    victims = [_VICTIMS[number % len(_VICTIMS)] for number in range(kills)]
    choose.shuffle(victims)
    for victim, moment in zip(victims, moments, strict=True):
        while process.poll() is None and _done(out) < moment:
            progress("under kills", 0.5 + 0.5 * _done(out) / pairs)
            time.sleep(0.2)
        time.sleep(choose.uniform(0, 3))
        _kill(process, victim)
        if victim != "worker":
            process.wait()
            process = _start(slides, out, 2)
    _wait(process)


def _done(out: Path) -> int:
    if not (out / ".sar-align" / "queue.sqlite3").is_file():
        return 0
    with Queue.open(out, create=False) as queue:
        return queue.counts().done


def _kill(process: subprocess.Popen[bytes], victim: str) -> None:
    try:
        children = psutil.Process(process.pid).children()
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        if victim == "worker":
            (workers or children)[0].kill()
            return
        process.kill()
        if victim == "everything":
            for worker in workers:
                worker.kill()
    except (psutil.NoSuchProcess, IndexError):
        return


def _compared(folder: Path, pairs: int, kills: int, serial_s: float, killed_s: float) -> CrashRun:
    with (
        Queue.open(folder / "serial", create=False) as serial,
        Queue.open(folder / "killed", create=False) as killed,
    ):
        found = dict(killed.entries())
        equal = sum(
            job.result is not None
            and (found[name].result or {}).get("content_sha256") == job.result["content_sha256"]
            for name, job in serial.entries()
        )
        events = killed.events(limit=10**6)
        commits = Counter(event.job for event in events if event.kind is EventKind.COMMITTED)
        return CrashRun(
            pairs,
            kills,
            killed.counts().done,
            sum(count > 1 for count in commits.values()),
            equal,
            sum(job.attempt for job in found.values()),
            serial_s,
            killed_s,
        )
