from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import builders
import numpy as np
import pytest

from sar_models.domain.alignment import Status
from sar_models.domain.errors import AnnotationError, FrameError
from sar_models.domain.geometry import Region
from sar_models.domain.slides import SlidePair
from sar_models.domain.transfer import PointTransfer
from sar_models.stores import points as points_module
from sar_models.stores.points import map_points_csv

if TYPE_CHECKING:
    from pathlib import Path

ALIGNMENT = builders.make_alignment()
FORWARD = PointTransfer(ALIGNMENT)


def run(tmp_path: Path, text: str | bytes, points: PointTransfer = FORWARD) -> list[list[str]]:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    map_points_csv(source, target, points)
    with target.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_points_get_status_fragment_and_error(tmp_path: Path) -> None:
    header, *rows = run(tmp_path, "x,y\n500,500\n1900,100\n250,700\n1990,1490\n")
    assert header == ["x", "y", "status", "fragment", "sigma"]
    assert [row[2] for row in rows] == ["mapped", "no-counterpart", "glass", "glass"]
    expected = ALIGNMENT.map(np.array([[500.0, 500.0]])).points[0]
    np.testing.assert_allclose([float(v) for v in rows[0][:2]], expected, atol=1e-3)
    assert rows[0][3:] == ["tissue-1", "6.000"]
    assert rows[1] == ["", "", "no-counterpart", "", ""]


def test_there_and_back_is_the_same_and_results_can_be_fed_in(tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    (tmp_path / "in.csv").write_text("name,y,x\ná,700,500\nb,100,1900\n", encoding="utf-8")
    counts = map_points_csv(tmp_path / "in.csv", there, FORWARD)
    assert counts == {Status.MAPPED: 1, Status.NO_COUNTERPART: 1}
    map_points_csv(there, there, PointTransfer(ALIGNMENT, "inverse"))
    header, first, second = csv.reader(there.read_text(encoding="utf-8").splitlines())
    assert header[5:] == ["source:status", "source:fragment", "source:sigma", "name"]
    np.testing.assert_allclose([float(v) for v in first[:2]], [500, 700], atol=2e-3)
    assert first[5:] == ["mapped", "tissue-1", "6.000", "á"]
    assert second[:3] == ["", "", "no-counterpart"]


def test_excel_dialects(tmp_path: Path) -> None:
    header, row = run(tmp_path, '\ufeff X ;Y;remark\r\n500;500;"a;b"\r\n\r\n')
    assert header[5:] == ["remark"]
    assert row[5:] == ["a;b"]


def test_frames(tmp_path: Path) -> None:
    source = replace(ALIGNMENT.pair.source, bounds=Region(100, 200, 1800, 1200))
    target = replace(ALIGNMENT.pair.target, bounds=Region(30, 40, 2000, 1700))
    alignment = builders.make_alignment(pair=SlidePair(source, target))
    _, plain = run(tmp_path, "x,y\n500,600\n", PointTransfer(alignment))
    _, moved = run(tmp_path, "x,y\n400,400\n", PointTransfer(alignment, frame="qupath"))
    _, mixed = run(
        tmp_path, "x,y\n400,400\n", PointTransfer(alignment, "forward", "qupath", "file")
    )
    numbers = [np.array(row[:2], dtype=float) for row in (plain, moved, mixed)]
    np.testing.assert_allclose(numbers[0] - numbers[1], [30, 40], atol=2e-3)
    np.testing.assert_allclose(numbers[0], numbers[2], atol=2e-3)


def test_many_points_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points_module, "_CHUNK", 7)
    lines = [f"{400 + i},{500 + i}" for i in range(50)]
    _, *rows = run(tmp_path, "x,y\n" + "\n".join(lines))
    there = ALIGNMENT.map(np.column_stack([np.arange(400, 450), np.arange(500, 550)])).points
    np.testing.assert_allclose(np.array([r[:2] for r in rows], dtype=float), there, atol=1e-3)


def test_empty_table_gives_an_empty_table(tmp_path: Path) -> None:
    assert run(tmp_path, "x,y\n") == [["x", "y", "status", "fragment", "sigma"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("a,b\n1,2\n", "'x'"),
        ("x,y,x\n1,2,3\n", "2 columns 'x'"),
        ("x,y\n1,2\n1,two\n", "line 3: y is 'two'"),
        ("x,y\n1,nan\n", "line 2: y is 'nan'"),
        ("x,y\ninf,1\n", "line 2: x is 'inf'"),
        ("x,y\n1e308,1\n", "line 2: x is '1e308'"),
        ("x,y\n,1\n", "line 2: x is ''"),
        ("x,y\n1,2,3\n", "line 2 has 3 columns"),
        ("x,y\n\n1\n", "line 3 has 1 columns"),
        ("x,y\n1," + "9" * 200_000 + "\n", "line 2 is no CSV"),
        (b"x,y\n\xff\xfe\n", "UTF-8"),
    ],
)
def test_bad_tables_are_refused_with_their_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(AnnotationError, match=message):
        run(tmp_path, text)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_points_of_another_slide_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="None of the points"):
        run(tmp_path, "x,y\n50000,100\n100,70000\n")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_unreadable_source(tmp_path: Path, name: str) -> None:
    with pytest.raises(AnnotationError, match="Cannot read"):
        map_points_csv(tmp_path / name, tmp_path / "out.csv", FORWARD)
    assert list(tmp_path.iterdir()) == []
