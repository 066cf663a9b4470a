"""Figures of retrieval on errors that can be reckoned, and the whole of it on a few groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.benchmark.landmarks import read_pairs
from sar_models.benchmark.retrieval.ablation import WHOLE, AblationRow, run_ablation
from sar_models.benchmark.retrieval.cost import measure_cost
from sar_models.benchmark.retrieval.figures import against_geometry, honesty_of, rows_of
from sar_models.benchmark.retrieval.real import REAL_REGIMES, measure_real
from sar_models.benchmark.retrieval.regimes import GEOMETRIC, Cell, measure_regimes
from sar_models.engine.training.anchored.episodes import REGIMES

if TYPE_CHECKING:
    from pathlib import Path


def ignore(name: str, done: float) -> None:
    """Report to nobody."""
    assert name
    assert 0 <= done <= 1


def cells(regime: str, **errors: float) -> list[Cell]:
    spread = np.linspace(0.5, 1.5, 30).reshape(10, 3)
    return [
        Cell(name, regime, 4, error * spread, np.full((10, 3), 1.0), 0.0)
        for name, error in errors.items()
    ]


def others(error: float) -> dict[str, float]:
    return dict.fromkeys(GEOMETRIC, error)


def test_gains_are_against_the_best_geometry() -> None:
    errors = others(20.0) | {"tps": 10.0, "paired": 6.0}
    (against,) = against_geometry(cells("torn", **errors), "paired")
    assert against.best == "tps"
    assert against.gain == pytest.approx(0.4)
    # The same episodes are drawn for both, so that nothing is left to chance here.
    assert (against.low, against.high) == (pytest.approx(0.4), pytest.approx(0.4))


def test_errors_of_nothing_are_equal() -> None:
    (against,) = against_geometry(cells("rigid", **others(1e-9), paired=1e-4), "paired")
    assert (against.gain, against.low, against.high) == (0.0, 0.0, 0.0)


def test_rows_count_what_is_near() -> None:
    (row,) = rows_of(cells("torn", paired=20.0))
    assert row.median_px == pytest.approx(20.0)
    assert row.near == pytest.approx(0.5)


def test_honest_sigma_is_told_from_a_constant() -> None:
    rng = np.random.default_rng(0)
    scale = np.exp(rng.normal(0, 1, (200, 20)))
    error = rng.gamma(2.0, scale)
    honest = honesty_of([Cell("paired", "torn", 4, error, scale, 0.0)], "paired")
    assert honest.covered == pytest.approx(0.9, abs=0.02)
    assert honest.rank_correlation > 0.5
    assert honest.sharpness < 1
    constant = np.full_like(scale, 2.0) + 1e-6 * rng.random(scale.shape)
    blunt = honesty_of([Cell("paired", "torn", 4, error, constant, 0.0)], "paired")
    assert abs(blunt.rank_correlation) < 0.1
    assert blunt.sharpness == pytest.approx(1.0, abs=0.05)


def test_every_regime_is_measured_on_the_same_groups() -> None:
    found = measure_regimes(2, 0, ignore, ("mls-rigid", "paired"))
    assert {cell.regime for cell in found} == set(REGIMES)
    assert all(np.isfinite(cell.error_px).all() for cell in found)
    rigid = [cell for cell in found if cell.regime == "rigid"]
    assert max(cell.error_px.max() for cell in rigid) < 0.05
    again = measure_regimes(2, 0, ignore, ("paired",))
    other = measure_regimes(2, 1, ignore, ("paired",))
    first = [cell.error_px for cell in found if cell.retriever == "paired"]
    assert all(np.array_equal(a, b.error_px) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(again[8].error_px, other[8].error_px)


def test_a_grid_costs_something() -> None:
    (cost,) = measure_cost(["mls-rigid"])
    assert cost.seconds > 0
    assert cost.peak_memory_mb > 50


def test_real_landmarks(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 1000, (60, 2))
    for name, values in (("s", points), ("t", points[:, ::-1] * (1, -1) + (0, 1000))):
        rows = [f"{i},{x},{y}" for i, (x, y) in enumerate(values)]
        (tmp_path / f"{name}.csv").write_text("\n".join([",x,y", *rows]))
    head = "pair_id,source,target,source_landmarks,target_landmarks"
    (tmp_path / "pairs.csv").write_text(f"{head}\na,s.png,t.png,s.csv,t.csv\n")
    found = measure_real(read_pairs(tmp_path), 2, 0, ignore, ("consensus-rigid", "mls-rigid"))
    assert {cell.regime for cell in found} == set(REAL_REGIMES)
    rigid = [cell for cell in found if cell.regime == "real"]
    assert max(cell.error_px.max() for cell in rigid) < 1e-3
    torn = [cell for cell in found if cell.regime == "real, torn"]
    assert max(cell.error_px.max() for cell in torn) > 10


def test_the_ablation_leaves_out_one_part_at_a_time(tmp_path: Path) -> None:
    rows = run_ablation(tmp_path, 2, 1, 1, ignore)
    by_name: dict[str, AblationRow] = {row.variant: row for row in rows}
    assert {WHOLE, "one round", "without LGN", "without perturbation"} <= set(by_name)
    assert by_name[WHOLE].against_whole.value == 0.0
    assert all(0 <= row.miou.value <= 1 and row.miou.count == 2 for row in rows)
    assert len(list(tmp_path.iterdir())) == 6
    assert by_name["consensus-mls, two rounds"].miou.value > by_name[WHOLE].miou.value
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("best.safetensors")}
    assert run_ablation(tmp_path, 2, 1, 1, ignore) == rows
    assert {path: path.stat().st_mtime_ns for path in before} == before
