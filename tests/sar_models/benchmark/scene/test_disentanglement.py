"""Figures of disentanglement: what measures them sees what is planted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from sar_models.benchmark.scene.disentanglement import PlaceScore, measure, summarised
from sar_models.benchmark.scene.disentanglement_plots import draw_disentanglement
from sar_models.benchmark.scene.stain_distance import stain_distance
from sar_models.benchmark.scene.structure_shift import structure_shift
from sar_models.engine.training.swapping import NEIGHBOURS_PX, swap_stains

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.training.sampling import Sampler


def texture(seed: int = 0, side: int = 128) -> NDArray[np.float32]:
    """Return densities ``(H, W, 3)`` of blobs in two dyes."""
    noise = np.random.default_rng(seed).random((side, side, 2)).astype(np.float32)
    amounts = np.clip(cv2.GaussianBlur(noise, (0, 0), 2.5) * 8.0 - 3.6, 0.0, 2.0)
    return np.asarray(amounts @ np.array([[0.65, 0.7, 0.3], [0.1, 0.9, 0.2]]), dtype=np.float32)


@pytest.mark.parametrize("planted", [(0.0, 0.0), (0.3, 0.0), (1.0, -0.6), (3.0, 2.0)])
def test_a_planted_shift_is_measured_also_under_an_inverted_stain(
    planted: tuple[float, float],
) -> None:
    picture, tissue = texture(), np.ones((128, 128), dtype=np.bool_)
    tissue[:, :20] = False
    move = np.array([[1, 0, planted[0]], [0, 1, planted[1]]], dtype=np.float32)
    moved = cv2.warpAffine(picture, move, (128, 128), flags=cv2.INTER_CUBIC)
    for other in (moved, 1.4 - 0.6 * moved[..., ::-1]):
        found = structure_shift(picture, np.ascontiguousarray(other), tissue)
        assert found == pytest.approx(np.hypot(*planted), abs=0.12)


def test_the_distance_of_stains_is_that_of_their_colours_and_of_nothing_else() -> None:
    pixels = texture().reshape(-1, 3)
    shuffled = np.random.default_rng(1).permutation(pixels)
    assert stain_distance(pixels, shuffled) == pytest.approx(0.0, abs=1e-3)
    assert stain_distance(pixels, pixels + np.float32(0.2)) == pytest.approx(
        0.2 * np.sqrt(3), abs=1e-3
    )
    # Twice as far from the mean: the deviations differ by as much as they were.
    spread = 2 * pixels - pixels.mean(axis=0)
    wanted = np.sqrt(np.trace(np.cov(pixels.T)))
    assert stain_distance(pixels, spread) == pytest.approx(wanted, rel=1e-3)
    other_dye = pixels[:, [2, 0, 1]]
    assert stain_distance(pixels, other_dye) == pytest.approx(stain_distance(other_dye, pixels))
    assert stain_distance(pixels, other_dye) > 0.1


def test_swapped_places_show_the_same_pixels_twice(network: SarNet, sampler: Sampler) -> None:
    batch = sampler.twice(0, 0)
    assert batch.views.first is batch.views.second
    assert not np.allclose(batch.first, batch.second)
    again = sampler.twice(0, 0)
    np.testing.assert_array_equal(batch.second, again.second)
    swapped = swap_stains(network, batch)
    assert swapped.painted.shape == swapped.first.shape == (2, 128, 128, 3)
    assert swapped.beside.shape == (2, len(NEIGHBOURS_PX))
    # Farther neighbours of smooth tissue differ more, and one stain twice not at all.
    assert (np.diff(swapped.beside[:, :3], axis=1) > 0).all()
    alike = swap_stains(network, replace(batch, second=batch.first))
    assert not alike.apart.any()
    np.testing.assert_array_equal(alike.painted, alike.repainted)


def place(**changes: float) -> PlaceScore:
    return replace(PlaceScore(0.1, 0.2, 1.0, 0.2, 0.1, 0.01, (0.0, 0.0, 0.04, 0.1, 0.2)), **changes)


def test_what_holds_is_told_from_what_does_not() -> None:
    good = summarised([place(), place(shift_px=0.2, stain_after=0.1)] * 20)
    assert good.holds == (True, True, True)
    assert good.stain_reduced.value == pytest.approx(0.85)
    assert good.ratio.value == pytest.approx(0.25)
    assert good.closer_share.value == 1.0
    assert good.shift_px.low <= good.shift_px.value <= good.shift_px.high
    assert summarised([place(shift_px=0.8)] * 9).holds == (False, True, True)
    assert summarised([place(stain_after=0.4)] * 9).holds == (True, False, True)
    assert summarised([place(apart=0.05)] * 9).holds == (True, True, False)


def test_a_network_is_measured_and_drawn(network: SarNet, sampler: Sampler, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    told: list[str] = []
    found = measure(network, sampler, 0, 2, lambda stage, done: told.append(stage))
    assert 1 <= len(found.places) <= 4
    assert told == ["swapping stains"] * 2
    # A network that learned nothing does not bring stains anywhere.
    assert not found.holds[1]
    draw_disentanglement(found, network, sampler.twice(0, 0), tmp_path)
    for name in ("disentanglement.png", "places.png"):
        picture = cv2.imread(str(tmp_path / name))
        assert picture is not None
        assert picture.std() > 10
