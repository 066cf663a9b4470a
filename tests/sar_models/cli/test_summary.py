"""What people read at a terminal when a pair has ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import report_scenes
from rich.console import Console

from sar_models.cli.summary import alignment_summary
from sar_models.domain.alignment import Quality, Reason, Risk

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment


def told(alignment: Alignment) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(alignment_summary(alignment, Path("aligned")), soft_wrap=True)
    return capture.get()


def one_piece(side: int) -> report_scenes.Scene:
    return report_scenes.partial_scene(side).with_alignment(quality=Quality({"pieces": 1.0}))


@pytest.mark.parametrize(
    ("scene", "line"),
    [
        (report_scenes.scene, "2 pieces placed; all tissue has a counterpart"),
        (report_scenes.torn_scene, "2 pieces placed; "),
        (report_scenes.partial_scene, " of the target tissue have no counterpart"),
        (one_piece, "1 piece placed; "),
    ],
)
def test_pieces_are_counted_and_lost_tissue_is_told(scene: object, line: str) -> None:
    assert line in told(scene(120).alignment)


@pytest.mark.parametrize(
    "scene", [report_scenes.self_scene, report_scenes.partial_scene, report_scenes.failed_scene]
)
def test_whole_tissue_and_a_failure_have_no_line_of_pieces(scene: object) -> None:
    assert "placed" not in told(scene(120).alignment)


def test_nothing_is_said_twice() -> None:
    torn = report_scenes.torn_scene(120).alignment
    reasons = (Reason("unpaired-source", "21% of the source tissue has no counterpart.", 0.4),)
    lines = told(replace(torn, risk=Risk(0.3, (*reasons, Reason("pose", "Close call.", 0.2)))))
    assert lines.count("no counterpart") == 1
    assert "Close call." in lines
    failed = report_scenes.failed_scene(120).alignment
    again = replace(failed, risk=Risk(1.0, (Reason("no-match", failed.failure, 1.0),)))
    assert told(again).count(failed.failure) == 1
