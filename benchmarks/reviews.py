"""Measure reviews: listing thousands of alignments, recording, reading a long log.

Usage: python benchmarks/reviews.py [ALIGNMENTS] [EVENTS]; works in a temporary folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from sar_models.domain.alignment import Reason, failed_alignment
from sar_models.domain.geometry import Size
from sar_models.domain.review import Decision
from sar_models.domain.slides import SlideInfo, SlidePair
from sar_models.stores.alignment_folder import RECORD_NAME, write_alignment
from sar_models.stores.reviews import Identity, ReviewLog, ToRecord

LIST = """
import json, sys, time
from pathlib import Path
import psutil
from sar_models.stores.reviews import Identity, ReviewLog
before = psutil.Process().memory_info().rss
started = time.perf_counter()
queue = ReviewLog(Path(sys.argv[1]), Identity("eve", "os")).queue()
seconds = time.perf_counter() - started
print(json.dumps([len(queue), seconds, (psutil.Process().memory_info().rss - before) / 2**20]))
"""


def make_alignments(folder: Path, count: int) -> float:
    """Write one real record and ``count`` copies of it under other hashes; return its size in kB.

    Copies are padded to the size that an alignment of torn tissue has.
    """
    size = Size(2000, 1500)
    slides = [SlideInfo(f"{n}.tif", n, size, (size,), checksum=n) for n in ("he", "ihc")]
    reasons = tuple(Reason(f"r{i}", f"Reason number {i} in a sentence.", i) for i in range(6))
    write_alignment(folder / "model", failed_alignment(SlidePair(*slides), "None.", reasons))
    record = json.loads((folder / "model" / RECORD_NAME).read_text())
    record["transform"]["padding"] = [[i * 1.25, i * 0.75] for i in range(5000)]
    for number in range(count):
        record["content_sha256"] = f"{number:064x}"
        record["risk"]["score"] = (number * 7919 % 1000) / 1000
        own = folder / f"pair-{number:05d}"
        own.mkdir()
        (own / RECORD_NAME).write_text(json.dumps(record))
    return (folder / "pair-00000" / RECORD_NAME).stat().st_size / 1000


def listed(folder: Path) -> str:
    """List in a process of its own; return what it took."""
    done = subprocess.run(
        [sys.executable, "-c", LIST, str(folder)], capture_output=True, text=True, check=True
    )
    count, seconds, memory_mb = json.loads(done.stdout)
    return f"{count} in {seconds:.2f} s, {memory_mb:.0f} MB more"


def main() -> None:
    """Print one line for each figure."""
    alignments = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kilobytes = make_alignments(folder, alignments)
        print(f"{alignments} records of {kilobytes:.0f} kB, each folder listed by a new process")
        print(f"  first list, no index:       {listed(folder)}")
        print(f"  again, by the index:        {listed(folder)}")
        logs = [ReviewLog(folder, Identity(person, "os")) for person in ("ada", "bob")]
        started = time.perf_counter()
        for log in logs:
            log.record_all(
                ToRecord(f"{number % alignments:064x}", Decision.NEEDS_FIX, comment=str(number))
                for number in range(events // 2)
            )
        seconds = time.perf_counter() - started
        print(f"  {events} decisions at once:    {seconds:.2f} s")
        print(f"  list with {events} events:     {listed(folder)}")
        single = []
        for number in range(100):
            started = time.perf_counter()
            logs[0].record(f"{number:064x}", Decision.ACCEPT)
            single.append(time.perf_counter() - started)
        single.sort()
        print(
            f"  one decision onto {events // 2}:    median {1000 * single[50]:.1f} ms, "
            f"p95 {1000 * single[95]:.1f} ms, synced to disk"
        )
        started = time.perf_counter()
        findings = logs[0].verify()
        print(
            f"  verify {events + 100} events:      {time.perf_counter() - started:.2f} s, "
            f"{len(findings)} findings"
        )
        print(f"  memory of this process:     {psutil.Process().memory_info().rss / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
