"""Places by paired anchors: properties that every retriever has, and what bad input is told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sar_models.domain.errors import LandmarkError, OptionError
from sar_models.engine.anchored import weights
from sar_models.engine.anchored.geometric import consensus_rigid, mls_rigid
from sar_models.engine.anchored.paired import PairedNet
from sar_models.engine.anchored.paper import PaperEstimator
from sar_models.engine.anchored.pooled import PooledNet
from sar_models.engine.anchored.retriever import (
    RETRIEVERS,
    AnchoredRetriever,
    estimator_named,
    retriever,
)

RNG = np.random.default_rng(7)
SOURCE = RNG.uniform(0, 400, (8, 2))
POINTS = RNG.uniform(0, 400, (50, 2))
EXACT = tuple(name for name in RETRIEVERS if name != "paper")


def moved(points: np.ndarray, degrees: float = 130.0, *, mirror: bool = False) -> np.ndarray:
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    side = np.array([-1.0 if mirror else 1.0, 1.0])
    return (points * side) @ matrix.T + (5000.0, -3000.0)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("name", EXACT)
def test_anchors_that_agree_give_exact_places(name: str, mirror: bool) -> None:
    found = retriever(name).retrieve(POINTS, SOURCE, moved(SOURCE, mirror=mirror))
    assert np.abs(found - moved(POINTS, mirror=mirror)).max() < 0.01


@pytest.mark.parametrize("name", EXACT)
def test_a_known_scale_is_taken_out(name: str) -> None:
    found = retriever(name, scale=2.5).retrieve(POINTS, SOURCE, 2.5 * SOURCE + 10)
    assert np.abs(found - (2.5 * POINTS + 10)).max() < 0.02


@pytest.mark.parametrize("name", EXACT)
def test_turned_slides_give_turned_places(name: str) -> None:
    noise = np.random.default_rng(1).normal(0, 6, SOURCE.shape)
    target = moved(SOURCE) + noise
    straight = retriever(name).retrieve(POINTS, SOURCE, target)
    turned = retriever(name).retrieve(moved(POINTS, 33), moved(SOURCE, 33), moved(target, -70))
    assert np.abs(turned - moved(straight, -70)).max() < 0.05


@pytest.mark.parametrize("name", ["consensus-mls", "consensus-rigid", "affine", "paired"])
def test_wrong_anchors_are_found_out(name: str) -> None:
    target = moved(SOURCE)
    target[:2] = target[5:7] + np.array([150.0, 90.0])
    error = np.linalg.norm(retriever(name).retrieve(POINTS, SOURCE, target) - moved(POINTS), axis=1)
    naive = retriever("mls-rigid").retrieve(POINTS, SOURCE, target)
    assert np.median(error) < 4.0
    assert np.median(error) < 0.3 * np.median(np.linalg.norm(naive - moved(POINTS), axis=1))


def test_each_side_of_a_tear_follows_its_own_anchors() -> None:
    rng = np.random.default_rng(3)
    source = rng.uniform(0, 400, (14, 2))
    points = rng.uniform(0, 400, (200, 2))

    def torn(at: np.ndarray) -> np.ndarray:
        apart = moved(at, 155) + np.array([40.0, 25.0])
        return np.where((at[:, :1] > 200), apart, moved(at))

    target = torn(source)
    away = {
        name: np.linalg.norm(
            retriever(name).retrieve(points, source, target) - torn(points), axis=1
        )
        for name in ("paired", "consensus-rigid", "mls-rigid")
    }
    assert np.median(away["paired"]) < np.median(away["mls-rigid"])
    assert np.mean(away["paired"] < 10) > np.mean(away["consensus-rigid"] < 10)


def test_sigma_is_larger_where_anchors_disagree() -> None:
    ours = retriever("paired")
    _, sure = ours.retrieve_with_sigma(POINTS, SOURCE, moved(SOURCE))
    noise = np.random.default_rng(1).normal(0, 25, SOURCE.shape)
    _, unsure = ours.retrieve_with_sigma(POINTS, SOURCE, moved(SOURCE) + noise)
    assert np.median(unsure) > 3 * np.median(sure) > 0


@pytest.mark.parametrize("name", RETRIEVERS)
def test_chunks_give_what_one_piece_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = moved(SOURCE) + np.random.default_rng(1).normal(0, 4, SOURCE.shape)
    whole = retriever(name).retrieve(POINTS, SOURCE, target)
    monkeypatch.setattr("sar_models.engine.anchored.retriever._AT_ONCE", 3 * len(SOURCE))
    assert np.abs(retriever(name).retrieve(POINTS, SOURCE, target) - whole).max() < 1e-2


@pytest.mark.parametrize("name", RETRIEVERS)
def test_no_points_and_two_anchors(name: str) -> None:
    found = retriever(name).retrieve(np.zeros((0, 2)), SOURCE, moved(SOURCE))
    assert found.shape == (0, 2)
    found = retriever(name).retrieve(POINTS, SOURCE[:2], moved(SOURCE[:2]))
    assert found.shape == POINTS.shape
    assert np.isfinite(found).all()


def test_bad_input_is_told() -> None:
    ours = AnchoredRetriever(mls_rigid)
    with pytest.raises(LandmarkError, match="1 anchors"):
        ours.retrieve(POINTS, SOURCE[:1], SOURCE[:1])
    with pytest.raises(LandmarkError, match=r"expected \(K, 2\) twice"):
        ours.retrieve(POINTS, SOURCE, SOURCE[:5])
    with pytest.raises(LandmarkError, match="not finite"):
        ours.retrieve(POINTS, SOURCE, SOURCE * np.nan)
    with pytest.raises(OptionError, match="'nearest'"):
        retriever("nearest")
    with pytest.raises(OptionError, match="scale of 0"):
        retriever("tps", scale=0)


def test_the_paper_keeps_silent_below_its_threshold() -> None:
    torch.manual_seed(0)
    network = PooledNet().eval()
    sides = (torch.from_numpy(SOURCE).float()[None], torch.from_numpy(moved(SOURCE)).float()[None])
    points = torch.from_numpy(POINTS).float()[None]
    with torch.no_grad():
        told = PaperEstimator(network)(points, *sides)
        silent = PaperEstimator(network, threshold=1.1)(points, *sides)
    assert torch.isfinite(told.places).all()
    assert torch.isnan(silent.places).all()


def test_descriptors_do_not_move_with_the_slide() -> None:
    torch.manual_seed(0)
    network = PooledNet().eval()
    points, anchors = torch.rand(1, 20, 2) * 300, torch.rand(1, 6, 2) * 300
    with torch.no_grad():
        here, there = network(points, anchors), network(points + 77, anchors + 77)
        other_order = network(points, anchors[:, torch.randperm(6)])
    assert torch.allclose(here, there, atol=1e-4)
    assert torch.allclose(here, other_order, atol=1e-4)
    assert torch.allclose(here.norm(dim=-1), torch.ones(1, 20), atol=1e-5)


def test_the_order_of_anchors_says_nothing() -> None:
    torch.manual_seed(0)
    network = PairedNet().eval()
    points, source, target = (torch.rand(2, count, 2) * 300 for count in (20, 7, 7))
    order = torch.randperm(7)
    with torch.no_grad():
        one = network(points, source, target)
        other = network(points, source[:, order], target[:, order])
    assert torch.allclose(one.places, other.places, atol=0.05)
    assert torch.allclose(one.sigma, other.sigma, rtol=1e-2)


def test_groups_in_a_batch_do_not_see_each_other() -> None:
    points, source, target = (torch.rand(3, count, 2).double() * 300 for count in (5, 6, 6))
    for estimator in (mls_rigid, consensus_rigid, estimator_named("tps")):
        together = estimator(points, source, target)
        alone = estimator(points[1:2], source[1:2], target[1:2])
        assert torch.allclose(together.places[1:2], alone.places)


def test_damaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "manifest", lambda: {})
    with pytest.raises(weights.EngineError, match="expected None"):
        weights._shipped(weights.PAIRED_WEIGHTS, PairedNet())
    with pytest.raises(weights.EngineError, match="is missing"):
        weights._shipped("nothing.safetensors", PairedNet())
