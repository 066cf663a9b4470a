"""``restain``: a picture, or one clear error and nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Both slides of a small pair as files."""
    pair = generate_pair(3, PairOptions(size_px=300, mpp=8.0, jpeg=False))
    folder = tmp_path_factory.mktemp("slides")
    paths = folder / "he.png", folder / "ihc.png"
    for path, slide in zip(paths, (pair.source, pair.target), strict=True):
        cv2.imwrite(str(path), slide.image[..., ::-1])
    return paths


def test_a_picture_is_written_and_its_place_told(
    run: Run, slides: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    ended = run("restain", *slides, out, "--source-roi", "40,20,200,220", "--json")
    assert ended.code == 0, ended.err
    written = cv2.imread(str(out))
    assert written is not None
    assert written.shape == (ended.json["height"], ended.json["width"], 3) == (220, 200, 3)
    assert ended.json["slide_from_picture"] == [[1.0, 0.0, 40.0], [0.0, 1.0, 20.0]]
    assert "restain: rendering" in ended.err

    again = run("restain", *slides, out)
    assert again.code == 2
    assert "exists already" in again.err
    smaller = run("restain", *slides, out, "--size", 256, "--overwrite")
    assert smaller.code == 0
    assert "256 x 233 pixels" in smaller.out


def test_wrong_input_leaves_nothing(run: Run, slides: tuple[Path, Path], tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((200, 200, 3), 240, np.uint8))
    out = tmp_path / "out.png"
    for arguments, told in (
        ((slides[0], blank, out), "The target shows no tissue"),
        ((slides[0], tmp_path / "none.svs", out), "none.svs"),
        ((*slides, tmp_path / "out.jpg"), "is no .png"),
        ((*slides, tmp_path / "missing" / "out.png"), "missing"),
        ((*slides, out, "--source-roi", "900,900,5,5"), "source_roi"),
        ((*slides, out, "--memory", "1MB"), "too small"),
    ):
        ended = run("restain", *arguments)
        assert ended.code == 2, ended.err
        assert told in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["blank.png"]
