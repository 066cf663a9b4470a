"""Pictures of a training."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from sar_models.benchmark.plotting import check_matplotlib
from sar_models.benchmark.training_plots import draw_curves, draw_samples
from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

LOSSES = ("scene", "points")


def history(steps: int, *, validated: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"step": step, "training": dict.fromkeys(LOSSES, 2.0 / step)}
        for step in range(1, steps + 1)
    ]
    if validated:
        for row in rows[9::10]:
            figures = row["training"] | {"neighbour_ratio": 0.5}
            row |= {"validation": figures, "score": 1.0, "best": row["step"] == 20}
    return rows


@pytest.mark.parametrize(("steps", "validated"), [(30, True), (3, False), (1, False)])
def test_curves_of_long_and_short_trainings(tmp_path: Path, steps: int, validated: bool) -> None:
    pytest.importorskip("matplotlib")
    draw_curves(history(steps, validated=validated), tmp_path / "curves.png")
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture is not None
    blue = (picture.astype(int) @ [1, 0, -1]) > 100
    assert blue.any() == validated


def test_samples_are_shown_row_by_row(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pictures = np.zeros((2, 3, 16, 16, 3), dtype=np.uint8)
    pictures[0, 0] = (255, 0, 0)
    pictures[1, 2] = (0, 0, 255)
    draw_samples(pictures, ("one", "two\nlines", "three"), tmp_path / "samples.png")
    picture = cv2.imread(str(tmp_path / "samples.png"))
    assert picture is not None
    red, blue = ((picture == colour).all(axis=2) for colour in ((0, 0, 255), (255, 0, 0)))
    assert red.sum() == pytest.approx(blue.sum(), rel=0.05)
    assert np.argwhere(red).mean(axis=0)[0] < np.argwhere(blue).mean(axis=0)[0]
    assert np.argwhere(red).mean(axis=0)[1] < np.argwhere(blue).mean(axis=0)[1]


def test_plots_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"sar-align\[benchmark\]\", or wait\.$"):
        check_matplotlib(", or wait")
