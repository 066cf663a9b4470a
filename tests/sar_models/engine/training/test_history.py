"""Steps, written down line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.engine.training.history import (
    HISTORY_NAME,
    append_history,
    best_of,
    keep_history_until,
    read_history,
)

if TYPE_CHECKING:
    from pathlib import Path

STEPS = [{"step": step, "training": {"scene": 1.0 / step}} for step in (1, 2, 3)]


def test_steps_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert read_history(tmp_path) == []
    append_history(tmp_path, STEPS[:1])
    append_history(tmp_path, STEPS[1:])
    assert read_history(tmp_path) == STEPS


def test_steps_after_a_checkpoint_are_forgotten(tmp_path: Path) -> None:
    append_history(tmp_path, STEPS)
    keep_history_until(tmp_path, 2)
    assert read_history(tmp_path) == STEPS[:2]
    keep_history_until(tmp_path, 0)
    assert read_history(tmp_path) == []


def test_a_line_that_a_crash_cut_short_is_no_step(tmp_path: Path) -> None:
    append_history(tmp_path, STEPS[:2])
    path = tmp_path / HISTORY_NAME
    path.write_text(path.read_text() + '{"step": 3, "trai')
    assert read_history(tmp_path) == STEPS[:2]


def test_the_best_is_the_last_that_was_better_than_all_before() -> None:
    validated = [row | {"best": best} for row, best in zip(STEPS, (True, True, False), strict=True)]
    assert best_of(validated) == validated[1]
    assert best_of(STEPS) is None
