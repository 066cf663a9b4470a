"""Processes are killed and write at once: nothing that was told to be recorded is lost."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.review import Decision, verify_chain
from sar_models.stores.reviews import Identity, ReviewLog

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = Path(__file__).parents[4] / "models"

WRITER = """
import sys
# Neither a database nor the locks that it needs: as on a share that has none.
sys.modules['sqlite3'] = sys.modules['fcntl'] = None
from pathlib import Path
from sar_models.domain.review import Decision
from sar_models.stores.reviews import Identity, ReviewLog
log = ReviewLog(Path(sys.argv[1]), Identity(sys.argv[2], "os"))
for number in range(int(sys.argv[3])):
    review = log.record(f"{number:064x}", Decision.NEEDS_FIX, comment=sys.argv[4])
    sys.stdout.write(review.sha256 + "\\n")
    sys.stdout.flush()
"""


def write(folder: Path, person: str, count: int, comment: str) -> subprocess.Popen[str]:
    """Start a process that records decisions and prints the hash of each one that is safe."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), person, str(count), comment],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(MODELS)},
    )


def hashes(folder: Path) -> set[str]:
    return {event.sha256 for event in ReviewLog(folder, Identity("eve", "os")).events()}


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_killed_after_any_event_all_that_were_told_are_there(tmp_path: Path) -> None:
    told: set[str] = set()
    for after in (1, 2, 3, 5, 8):
        writer = write(tmp_path, "ada", 1000, f"until {after}")
        assert writer.stdout is not None
        for _ in range(after):
            told.add(writer.stdout.readline().strip())
        writer.kill()
        told.update(line.strip() for line in writer.stdout if line.endswith("\n"))
        writer.stdout.close()
        writer.wait()
        assert told <= hashes(tmp_path)
    log = ReviewLog(tmp_path, Identity("ada", "os"))
    verify_chain(log.of("os:ada"))
    assert [finding for finding in log.verify() if not finding.harmless] == []


@pytest.mark.parametrize("people", [("ada", "ada"), ("ada", "bob")])
def test_two_that_write_at_once_lose_nothing(people: tuple[str, str], tmp_path: Path) -> None:
    writers = [write(tmp_path, who, 40, f"process {i}") for i, who in enumerate(people)]
    told = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert [len(own) for own in told] == [40, 40]
    assert hashes(tmp_path) == {digest for own in told for digest in own}
    log = ReviewLog(tmp_path, Identity("eve", "os"))
    for person in set(people):
        verify_chain(log.of(f"os:{person}"))
    assert log.verify() == []


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_killed_at_random_while_others_write(tmp_path: Path) -> None:
    """Two people, one of them in two processes; whoever dies is started again."""
    chance = random.Random(7)
    told: set[str] = set()

    def finish(writer: subprocess.Popen[str]) -> None:
        out, _ = writer.communicate()
        told.update(line for line in out.splitlines(keepends=False) if len(line) == 64)

    for generation in range(4):
        writers = [
            write(tmp_path, who, 30, f"{generation} {i}")
            for i, who in enumerate(("ada", "ada", "bob"))
        ]
        first = writers[generation % 3].stdout
        assert first is not None
        told.add(first.readline().strip())
        time.sleep(chance.random() / 5)
        for writer in chance.sample(writers, 2):
            writer.kill()
        for writer in writers:
            finish(writer)
    assert told
    assert told <= hashes(tmp_path)
    log = ReviewLog(tmp_path, Identity("ada", "os"))
    verify_chain(log.of("os:ada"))
    verify_chain(log.of("os:bob"))
    log.undo(log.of("os:ada")[-1].content_sha256)


def test_a_log_needs_only_plain_files(as_person: Callable[..., ReviewLog], tmp_path: Path) -> None:
    as_person().record("a" * 64, Decision.ACCEPT)
    assert [path.suffix for path in (tmp_path / "reviews").iterdir()] == [".jsonl"]
