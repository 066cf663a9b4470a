"""``benchmark torn`` through the command line, on the smallest pairs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage.io import imsave

from sar_models.benchmark.isolated import MeasuredRun
from sar_models.benchmark.torn import runner, trials
from sar_models.benchmark.torn.results import BrokenPair
from sar_models.domain.alignment import failed_alignment
from sar_models.domain.errors import EngineError, OptionError, SarAlignError
from sar_models.domain.slides import SlidePair
from sar_models.stores import open_slide
from sar_models.stores.alignment_folder import write_alignment
from sar_models.synthesis import PairOptions, TornOptions, frozen_set, generate_pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from command_line import Run

SMALL = TornOptions(pieces=2, size_px=300, target_lost=0, source_controls=0, target_controls=1)


@pytest.fixture
def small_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen set of two small pairs."""
    monkeypatch.setattr(runner, "frozen_set", lambda: ((1, SMALL), (2, SMALL)))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run pairs in this process, with an alignment that finds nothing, and at once."""

    def run_here(jobs: Sequence[Any], workers: int) -> Iterator[tuple[int, Any, Any]]:
        for index, job in enumerate(jobs):
            try:
                yield index, job.run(), None
            except SarAlignError as error:
                yield index, None, error

    def find_nothing(source: Path, target: Path, out: Path) -> MeasuredRun:
        with open_slide(source) as first, open_slide(target) as second:
            pair = SlidePair(first.info, second.info)
        write_alignment(out, failed_alignment(pair, "nothing fits", ()))
        return MeasuredRun("failed", 1.0, (), "nothing fits", 0.1, 0.1, 100.0)

    monkeypatch.setattr(runner, "run_all", run_here)
    monkeypatch.setattr(trials, "run_align", find_nothing)


@pytest.mark.usefixtures("small_set")
def test_generated_pairs(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    ended = run("benchmark", "torn", "--pairs", 1, "--out", tmp_path / "torn", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["kind"] == "generated"
    (pair,) = ended.json["pairs"]
    assert pair["name"] == "seed 1"
    assert {piece["kind"] for piece in pair["pieces"]} == {"surviving", "foreign target"}
    assert 0 <= pair["cells"]["miou"] <= pair["ceilings"]["spline_per_piece"]["miou"] + 0.1
    assert pair["run"]["cpu_seconds"] > 0
    assert {target["name"] for target in ended.json["targets"]} >= {"pieces found"}
    written = json.loads((tmp_path / "torn" / "torn.json").read_text())
    assert len(written["pairs"][0]["tissue"]["px"]) == pair["tissue"]["count"]
    assert {path.name for path in (tmp_path / "torn").iterdir()} == {
        *("torn.json", "cells.png", "errors.png", "confidence.png", "pieces.png"),
    }


@pytest.mark.usefixtures("small_set", "here")
def test_one_broken_pair_does_not_stop_the_others(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    finds_nothing = trials.run_align
    calls = []

    def breaks_once(*paths: Path) -> MeasuredRun:
        calls.append(paths)
        if len(calls) == 1:
            raise EngineError("on purpose")
        return finds_nothing(*paths)

    monkeypatch.setattr(trials, "run_align", breaks_once)
    ended = run("benchmark", "torn", "--no-ceilings")
    assert ended.code == 0, ended.err
    assert "broken: seed 1: EngineError: on purpose" in ended.out
    assert "seed 2" in ended.out
    assert "0 of 2 found" in ended.out
    assert "difficulty" not in ended.out


@pytest.mark.usefixtures("small_set", "here")
def test_where_nothing_was_aligned_there_is_nothing_to_show(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*paths: Path) -> MeasuredRun:
        raise EngineError("on purpose")

    monkeypatch.setattr(trials, "run_align", breaks)
    ended = run("benchmark", "torn", "--no-ceilings")
    assert ended.code == 1
    assert "None of 2 pairs" in ended.err


def test_errors_of_workers_become_broken_pairs() -> None:
    class Breaks:
        name = "this one"

        def run(self) -> None:
            raise OptionError("on purpose")

    # A local class cannot be sent to a worker, which is an error too.
    ((index, result),) = runner.try_all([Breaks()], 1)
    assert index == 0
    assert isinstance(result, BrokenPair)
    assert result.name == "this one"


@pytest.mark.usefixtures("here")
def test_real_pairs(run: Run, tmp_path: Path) -> None:
    pair = generate_pair(3, PairOptions(size_px=400))
    for name, slide, points in (
        ("a", pair.source, pair.landmarks),
        ("b", pair.target, pair.target_landmarks()),
    ):
        imsave(tmp_path / f"{name}.png", slide.image)
        np.savetxt(tmp_path / f"{name}.csv", points, delimiter=",", header="x,y", comments="")
    (tmp_path / "pairs.csv").write_text(
        "pair_id,source,target,source_landmarks,target_landmarks\np,a.png,b.png,a.csv,b.csv\n"
    )
    (tmp_path / "others").mkdir()
    imsave(tmp_path / "others" / "c.png", generate_pair(5, PairOptions(size_px=300)).source.image)
    ended = run(
        *("benchmark", "torn", "--data", tmp_path, "--slides", tmp_path / "others"),
        *("--pairs", 1, "--json"),
    )
    assert ended.code == 0, ended.err
    assert ended.json["kind"] == "real"
    (pair,) = ended.json["pairs"]
    assert pair["name"] == "p, seed 600000"
    assert pair["landmarks"]["count"] > 0
    assert pair["surviving"] >= 1


def test_what_cannot_be_asked(run: Run, tmp_path: Path) -> None:
    ended = run("benchmark", "torn", "--slides", tmp_path)
    assert ended.code == 2
    assert "--data" in ended.err
    ended = run("benchmark", "torn", "--pairs", 100_000)
    assert ended.code == 2
    assert "--seed" in ended.err
    file = tmp_path / "file"
    file.write_text("")
    assert run("benchmark", "torn", "--out", file).code == 2


def test_a_seed_gives_pairs_of_the_same_kinds_that_nobody_has_looked_at() -> None:
    frozen = frozen_set()
    fresh = runner.generated_trials(len(frozen) + 1, 0, ceilings=False)
    other = runner.generated_trials(3, 1, ceilings=False)
    assert len(fresh) == len(frozen) + 1
    seeds = {int(trial.name.split()[1]) for trial in (*fresh, *other)}
    assert len(seeds) == len(fresh) + 3
    assert not seeds & {seed for seed, _ in frozen}
