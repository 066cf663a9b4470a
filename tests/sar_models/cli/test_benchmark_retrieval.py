"""``benchmark retrieval`` and ``torn --regions`` through the command line, on very little."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from sar_models.benchmark.retrieval import regimes

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


def test_all_retrievers_in_one_table(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(regimes, "ANCHOR_COUNTS", (4,))
    monkeypatch.setattr(regimes, "_POINTS", 3)
    ended = run("benchmark", "retrieval", "--episodes", 2, "--out", tmp_path)
    assert ended.code == 0
    for word in ("paired", "paper", "mls-rigid", "50 % wrong"):
        assert word in ended.out
    record = json.loads((tmp_path / "retrieval.json").read_text())
    assert len(record["rows"]) == 7 * 6
    assert {row["retriever"] for row in record["cost"]} >= {"paired", "tps"}
    with (tmp_path / "retrieval.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 7 * 6 * 2 * 3
    assert all(float(row["error_px"]) >= 0 for row in rows)
    assert (tmp_path / "retrieval.png").stat().st_size > 20_000
    assert (tmp_path / "retrieval-against-geometry.md").read_text().count("|") > 20


def test_the_ablation(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    options = ("--seeds", 1, "--steps", 1, "--sheets", 1)
    ended = run(
        *("benchmark", "retrieval", "--ablation", tmp_path / "trainings", *options),
        *("--out", tmp_path / "out", "--json"),
    )
    assert ended.code == 0
    assert ended.json["steps"] == 1
    table = (tmp_path / "out" / "retrieval-ablation.md").read_text()
    assert "without perturbation" in table
    assert "0.847" in table


def test_fits_need_regions_and_fresh_pairs(run: Run) -> None:
    lacking = run("benchmark", "torn", "--fit", "--seed", 1)
    assert lacking.code == 2
    assert "Give --regions too." in lacking.err
    frozen = run("benchmark", "torn", "--regions", "--fit")
    assert frozen.code == 2
    assert "Give a --seed" in frozen.err


def test_data_that_is_not_there(run: Run, tmp_path: Path) -> None:
    ended = run("benchmark", "retrieval", "--episodes", 2, "--data", tmp_path)
    assert ended.code == 2
    assert "pairs.csv" in ended.err
