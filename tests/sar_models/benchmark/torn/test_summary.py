"""What a set adds up to, its targets, its figures and its pictures."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING

import cv2
import pytest

from sar_models.benchmark.isolated import MeasuredRun
from sar_models.benchmark.torn.ceilings import Ceilings
from sar_models.benchmark.torn.figures import all_figures
from sar_models.benchmark.torn.overlap import Overlap
from sar_models.benchmark.torn.plots import check_plots, draw_plots
from sar_models.benchmark.torn.results import BrokenPair, TornResult
from sar_models.benchmark.torn.score import score_alignment
from sar_models.benchmark.torn.summary import summarise
from sar_models.benchmark.torn.targets import Target, targets_of
from sar_models.cli.benchmark.shared import jsonable
from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.synthesis import TornPair


def cells(iou: float) -> Overlap:
    """Return cells of one overlap."""
    return Overlap((iou, iou), (iou, iou))


@pytest.fixture(scope="module")
def results(pair: TornPair, perfect: Alignment, silent: Alignment) -> list[TornResult]:
    """The truth and silence, with made-up ceilings and costs."""
    return [
        TornResult(
            name,
            score_alignment(pair, alignment),
            Ceilings(cells(affine), cells(0.8), cells(0.9), cells(0.0)),
            MeasuredRun(alignment.outcome.value, 0.3, (), "", seconds, seconds, 500.0),
        )
        for name, alignment, affine, seconds in (
            ("told", perfect, 0.5, 10.0),
            ("silent", silent, 0.3, 50.0),
        )
    ]


def test_a_set_is_the_mean_of_its_pairs_and_the_pool_of_its_areas(
    results: list[TornResult],
) -> None:
    summary = summarise(results)
    assert summary.outcomes == {"aligned": 1, "failed": 1}
    assert summary.miou == pytest.approx(0.5, abs=1e-6)
    assert summary.cell_miou == pytest.approx(0.5, abs=1e-6)
    assert (summary.found, summary.surviving) == (2, 4)
    assert summary.tissue_near == summary.landmarks_near == 0.5
    assert (summary.fragments, summary.false_pieces) == (2, 0)
    assert summary.confidence_right == pytest.approx(0.85)
    assert summary.confidence_wrong is None
    # Twice 896 hundred px² without counterpart, and the silent one gave up 3072 that have one.
    assert summary.abstention.recall == 1.0
    assert summary.abstention.precision == pytest.approx(2 * 896 / (2 * 896 + 3072), rel=0.02)
    assert (summary.cpu_seconds, summary.most_cpu_seconds) == (30.0, 50.0)
    assert summary.ceilings is not None
    assert summary.ceilings.affine == pytest.approx(0.4)


def test_targets_tell_what_was_promised_and_what_was_kept(results: list[TornResult]) -> None:
    kept = {target.name: target.met for target in targets_of(summarise(results[:1]), "generated")}
    assert kept.pop("difficulty: best single affine") is False
    assert len(kept) == 9
    assert all(kept.values())
    missed = {target.name: target.met for target in targets_of(summarise(results), "real", 1)}
    assert missed == {
        "cell mIoU (85 % of the spline per piece)": False,
        "pieces found": False,
        "landmarks within 2 %": False,
        "CPU seconds, most": False,
        "peak memory, most": True,
        "ended with an error": False,
    }
    assert Target("", 0.95, 0.95, True).met
    assert not Target("", 0.96, 0.95, False).met


def test_without_ceilings_nothing_is_held_against_them(results: list[TornResult]) -> None:
    bare = [TornResult(r.name, r.score, None, r.run) for r in results]
    summary = summarise(bare)
    assert summary.ceilings is None
    assert all("difficulty" not in target.name for target in targets_of(summary, "generated"))


def test_figures_are_json_short_for_a_line_and_full_for_a_file(
    results: list[TornResult],
) -> None:
    everything = [*results, BrokenPair("third", "EngineError: on purpose")]
    short, full = (
        jsonable(all_figures("generated", summarise(results), everything, full=full))
        for full in (False, True)
    )
    assert short["broken"] == 1
    assert short["pairs"][2] == {"name": "third", "error": "EngineError: on purpose"}
    told, silent, _ = json.loads(json.dumps(full, allow_nan=False))["pairs"]
    assert len(told["cells"]["iou"]) == told["cells"]["count"] == 24
    assert silent["tissue"]["px"][0] is None
    assert "iou" not in short["pairs"][0]["cells"]
    assert short["pairs"][0]["abstention"]["precision"] == 1.0
    assert short["pairs"][0]["ceilings"]["spline_per_piece"]["miou"] == pytest.approx(0.9)


def test_pictures_of_a_set(results: list[TornResult], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    check_plots()
    for ceilings in (True, False):
        shown = [
            TornResult(r.name, r.score, r.ceilings if ceilings else None, r.run) for r in results
        ]
        paths = draw_plots(shown, tmp_path)
        assert [path.name for path in paths] == [
            *("cells.png", "errors.png"),
            *("confidence.png", "pieces.png"),
        ]
        for path in paths:
            picture = cv2.imread(str(path))
            assert picture is not None
            assert picture.std() > 5


def test_plots_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"sar-align\[benchmark\]"):
        check_plots()
