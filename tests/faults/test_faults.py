"""What the world does to a command: Ctrl-C, a full disk, a folder that may not be written.

Each ends in one line and its exit code; what was there before stays as it was.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pytest
import tifffile

from sar_models.cli import console
from sar_models.cli.main import main
from sar_models.stores.alignment_folder import read_alignment, write_alignment
from sar_models.stores.readers.base import writable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment

ROOT = Path(__file__).parents[2]
SMALL_FILES = ("sh", "-c", 'ulimit -f 4 && exec "$@"', "sh")  # 2 KiB, 4 KiB in some shells
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT / "models"),
    "OMP_NUM_THREADS": "1",
    "PYTHONIOENCODING": "cp1252",  # what Windows gives to output that goes into a file
}
POSIX = os.name == "posix"


def listen_to_ctrl_c() -> None:
    """Undo what a shell does to jobs in the background: they, and their children, ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def command(*arguments: object, through: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start ``sar-align``."""
    return subprocess.Popen(
        [*through, sys.executable, "-m", "sar_models.cli.main", *map(str, arguments)],
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="cp1252",
        preexec_fn=listen_to_ctrl_c if POSIX else None,
    )


def with_a_full_disk(*arguments: object) -> tuple[int, str]:
    """Run a command that may write only the first bytes of any file; return code and stderr."""
    process = command(*arguments, through=SMALL_FILES)
    errors = process.communicate(timeout=120)[1]
    return process.returncode, errors


def errors_of(text: str) -> list[str]:
    """Return the lines of stderr that are no progress."""
    return [line for line in text.splitlines() if not line.startswith("align: ")]


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A slide of empty glass: aligning it ends quickly, with a complete folder."""
    path = tmp_path / "blank.tif"
    tifffile.imwrite(path, np.full((300, 400, 3), 243, np.uint8), photometric="rgb")
    return path


def write_noise(path: Path, seed: int) -> Path:
    pixels = np.full((500, 700, 3), 243, np.uint8)
    pixels[60:440, 60:640] = np.random.default_rng(seed).integers(60, 200, (380, 580, 3))
    tifffile.imwrite(path, pixels, photometric="rgb")
    return path


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A slide that keeps the search busy for seconds: tissue of noise, of unknown pixel size."""
    return write_noise(tmp_path / "busy.tif", 1)


@pytest.fixture
def aligned(tmp_path: Path, make_alignment: Callable[..., Alignment]) -> Path:
    """An alignment folder."""
    write_alignment(tmp_path / "aligned", make_alignment())
    return tmp_path / "aligned"


@pytest.fixture
def outlines(tmp_path: Path) -> Path:
    """Annotations that take more than a small file."""
    ring = [[800, 600], [900, 600], [900, 700], [800, 600]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    features = [feature | {"properties": {"objectType": "annotation"}} for _ in range(40)]
    path = tmp_path / "in.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def listing(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_consoles_of_an_older_code_page_show_what_they_can(blank: Path, tmp_path: Path) -> None:
    named = blank.rename(tmp_path / "Gewebe ä 日本 [1].tif")
    output, errors = command("align", named, named, "-o", tmp_path / "o").communicate(timeout=120)
    assert errors_of(errors) == []
    assert output.startswith("failed  Gewebe ä ?? [1].tif ? Gewebe ä ?? [1].tif")
    assert read_alignment(tmp_path / "o").pair.source.name == named.name


def test_a_name_that_is_no_utf_8_becomes_text() -> None:
    assert writable("bl\udce4tt 日本.svs") == "bl\ufffdtt 日本.svs"


@pytest.mark.skipif(not POSIX, reason="Windows cannot send Ctrl-C to one process")
def test_ctrl_c_ends_in_one_line_and_leaves_nothing(busy: Path, tmp_path: Path) -> None:
    before = listing(tmp_path)
    process = command("align", busy, busy, "-o", tmp_path / "out")
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("align: opening")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors_of(errors) == ["Interrupted; nothing half-written was left behind."]
    assert listing(tmp_path) == before


@pytest.mark.skipif(not POSIX, reason="Windows cannot send Ctrl-C to one process")
def test_a_batch_that_was_stopped_goes_on(blank: Path, busy: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text("source,target\nblank.tif,busy.tif\nbusy.tif,other.tif\n")
    write_noise(tmp_path / "other.tif", 2)
    arguments = ("batch", tmp_path, "--pairs", table, "-o", tmp_path / "out", "--workers", 1)
    process = command(*arguments)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("failed"):  # the first pair is done, the second begins
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    told = errors.splitlines()[-2:]
    assert told[0] == "Stopped; the same command goes on from here."
    (first,) = (tmp_path / "out" / "pairs").iterdir()
    assert list((tmp_path / "out" / ".sar-align" / "work").iterdir()) == []
    written = (first / "result.json").stat().st_mtime_ns
    process = command(*arguments)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 4, errors
    assert "2 pairs: 2 failed" in output
    assert len(listing(tmp_path / "out" / "pairs")) > 2
    assert (first / "result.json").stat().st_mtime_ns == written


@pytest.mark.skipif(not POSIX, reason="limits on file size are POSIX")
def test_a_full_disk_keeps_the_earlier_alignment(
    blank: Path, aligned: Path, tmp_path: Path
) -> None:
    before, content = listing(tmp_path), read_alignment(aligned).content_sha256
    code, errors = with_a_full_disk("align", blank, blank, "-o", aligned, "--overwrite")
    assert code == 5
    (error,) = errors_of(errors)
    assert error.startswith("Error: Cannot write")
    assert str(aligned) in error
    assert listing(tmp_path) == before
    assert read_alignment(aligned).content_sha256 == content


@pytest.mark.skipif(not POSIX, reason="limits on file size are POSIX")
@pytest.mark.parametrize("name", ["transfer", "points"])
def test_a_full_disk_keeps_the_earlier_result(
    aligned: Path, outlines: Path, tmp_path: Path, name: str
) -> None:
    table = tmp_path / "in.csv"
    table.write_text("x,y\n" + "900,700\n" * 500)
    given = outlines if name == "transfer" else table
    earlier = tmp_path / "earlier"
    earlier.write_text("mine")
    before = listing(tmp_path)
    code, errors = with_a_full_disk(name, aligned, given, earlier, "--overwrite")
    assert code == 5, errors
    (error,) = errors_of(errors)
    assert error.startswith("Error: Cannot write")
    assert earlier.read_text() == "mine"
    assert listing(tmp_path) == before


@pytest.mark.parametrize("name", ["align", "transfer", "points"])
def test_a_read_only_folder_is_told_before_anything_is_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The system's refusal is played: it would let root write anywhere."""

    def refuse(**_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    out = tmp_path / "out"
    inputs = {"align": ["a.tif", "b.tif", "-o", str(out)]}.get(name, ["folder", "in", str(out)])
    monkeypatch.setattr(sys, "argv", ["sar-align", name, *inputs])
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(console.stderr, "_file", sys.stderr)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 5
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"Error: Cannot write {str(out)!r}: Permission denied")
