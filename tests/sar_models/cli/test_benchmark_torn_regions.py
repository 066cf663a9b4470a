"""``benchmark torn --regions``: what is written and said of regions."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sar_models.benchmark.isolated import MeasuredRun
from sar_models.benchmark.torn import runner, trials
from sar_models.domain.alignment import failed_alignment
from sar_models.domain.slides import SlidePair
from sar_models.stores import open_slide
from sar_models.stores.alignment_folder import write_alignment
from sar_models.synthesis import TornOptions

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run

SMALL = TornOptions(pieces=2, size_px=300, target_lost=0, source_controls=1, target_controls=0)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run two small pairs in this process, with an alignment that finds nothing, and at once."""

    def find_nothing(source: Path, target: Path, out: Path) -> MeasuredRun:
        with open_slide(source) as first, open_slide(target) as second:
            pair = SlidePair(first.info, second.info)
        write_alignment(out, failed_alignment(pair, "nothing fits", ()))
        return MeasuredRun("failed", 1.0, (), "nothing fits", 0.1, 0.1, 100.0)

    frozen = ((1, SMALL), (2, replace(SMALL, pieces=1)))
    monkeypatch.setattr(runner, "frozen_set", lambda: frozen)
    monkeypatch.setattr(
        runner, "run_all", lambda jobs, _: ((i, job.run(), None) for i, job in enumerate(jobs))
    )
    monkeypatch.setattr(trials, "run_align", find_nothing)


def test_regions_of_alignments_that_found_nothing(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    options = ("--regions", "--no-ceilings", "--out", tmp_path)
    ended = run("benchmark", "torn", *options)
    assert ended.code == 0, ended.err
    assert "of 48 regions are shown by the target: mIoU 0.000" in ended.out
    assert "IoU of at least 0.75" in ended.out
    record = json.loads((tmp_path / "regions.json").read_text())
    assert record["regions"]["control"] > 0
    assert record["regions"]["control_given"] == 0
    met = {target["name"]: target["met"] for target in record["region_targets"]}
    assert not met["regions: mIoU"]
    assert met["regions: places given to control tissue"]
    with (tmp_path / "regions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 48
    assert {row["given"] for row in rows} == {"False"}
    assert (tmp_path / "regions.png").exists()


def test_without_regions_nothing_is_said_of_them(run: Run, tmp_path: Path) -> None:
    ended = run("benchmark", "torn", "--no-ceilings", "--json")
    assert ended.code == 0, ended.err
    assert "region_targets" not in ended.json
    assert not list(tmp_path.iterdir())


def test_nothing_can_be_fitted_on_nothing(run: Run) -> None:
    ended = run("benchmark", "torn", "--no-ceilings", "--regions", "--fit", "--seed", 3)
    assert ended.code == 2
    assert "nothing to tell apart" in ended.err
