"""Registrations under rising changes: what is asked, and what is made of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sar_models.benchmark.scene import shift
from sar_models.benchmark.scene.registering import LOST, PairError, register_by
from sar_models.benchmark.scene.shift import ShiftRow, shift_jobs, shift_points
from sar_models.domain.errors import EngineError
from sar_models.engine.scene.network import SarNet
from sar_models.engine.scene.weights import shipped_scene
from sar_models.synthesis import PairOptions, generate_pair


def test_a_pair_is_registered_from_the_blind_search_to_the_field(network: SarNet) -> None:
    pair = generate_pair(11, PairOptions(size_px=320, mpp=8.0, jpeg=False))
    found = register_by("density", network, pair, pair.target.image)
    assert found.found
    assert found.error < 0.01
    assert found.error < found.pose
    blank = np.full_like(pair.target.image, 240)
    assert register_by("density", network, pair, blank) == PairError(LOST, LOST)


def test_every_pair_is_registered_unchanged_once_and_under_every_change() -> None:
    jobs = shift_jobs(2, 1, ("gamma", "blur"), ("scene", "density"), strengths=(0.5, 1.0))
    assert len(jobs) == 2 * 2 * (1 + 2)
    assert len(set(jobs)) == len(jobs)
    assert {job.seed for job in jobs}.isdisjoint(j.seed for j in shift_jobs(2, 2, ("gamma",)))
    assert sum(job.strengths == (0.0,) for job in jobs) == 4


def row(channel: str, strength: float, error: float, seed: int = 0) -> ShiftRow:
    return ShiftRow(seed, channel, "gamma", strength, error, error)


def test_points_are_medians_over_pairs_with_the_unchanged_ones_in_every_line() -> None:
    rows = [row("scene", 0.0, 0.001 * (1 + s), s) for s in range(3)]
    rows += [row("scene", 1.0, error, s) for s, error in enumerate((0.01, LOST, LOST))]
    rows += [replace(row("scene", 1.0, 0.003, s), kind="blur") for s in range(3)]
    points = {(p.kind, p.strength): p for p in shift_points(rows, ("gamma", "blur"))}
    assert points["blur", 1.0].error.value == 0.003
    assert points["gamma", 0.0].error.value == points["blur", 0.0].error.value == 0.002
    assert points["gamma", 1.0].error.value == LOST
    assert points["gamma", 1.0].found.value == pytest.approx(1 / 3)
    assert points["gamma", 1.0].found.count == 3


def test_a_worker_that_fails_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift, "run_all", lambda jobs, workers: iter([(0, None, EngineError("x"))]))
    with pytest.raises(EngineError, match="x"):
        list(shift.run_shift(shift_jobs(1, 0, ("blur",)), 1))


def test_the_scene_alone_decides_where_only_the_scene_is_asked() -> None:
    pair = generate_pair(11, PairOptions(size_px=320, mpp=8.0, jpeg=False))

    blind = SarNet().eval()
    torch.nn.init.zeros_(blind.scene_encoder.structure.weight)
    torch.nn.init.zeros_(blind.scene_encoder.structure.bias)
    assert register_by("scene", blind, pair, pair.target.image) == PairError(LOST, LOST)
    seen = register_by("scene", shipped_scene().network, pair, pair.target.image)
    assert seen.found
    assert seen.error < 0.01
