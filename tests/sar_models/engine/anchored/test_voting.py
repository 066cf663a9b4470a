"""Groups of anchors, and the regions that they vote for."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.benchmark.retrieval.sheets import draw_sheet, overlap_of
from sar_models.engine.anchored.geometric import consensus_mls
from sar_models.engine.anchored.grouping import STEP_PX, WINDOW_PX, group_anchors, window_middles
from sar_models.engine.anchored.voting import PlaceVote, Sheet, find_region, find_region_twice


def test_windows_hold_all_points_of_a_region() -> None:
    points = np.random.default_rng(0).uniform((10, 20), (260, 90), (300, 2))
    middles = window_middles(points)
    away = np.abs(points[:, None] - middles[None]).max(axis=-1).min(axis=1)
    assert away.max() <= WINDOW_PX / 2
    assert len(middles) == len(np.unique(middles, axis=0))
    steps = np.diff(np.unique(middles[:, 0]))
    assert steps == pytest.approx(STEP_PX)


def test_two_pieces_are_two_groups_and_wrong_anchors_none() -> None:
    rng = np.random.default_rng(0)
    source = rng.uniform(-20, 20, (16, 2))
    target = source + np.array([500.0, 0.0])
    second = source[:, 0] > 5
    middle = source[second].mean(axis=0)
    target[second] = (source[second] - middle)[:, ::-1] * (1.0, -1.0) + middle + (503.0, 0.0)
    wrong = np.array([0, 5])
    target[wrong] = rng.uniform(0, 900, (2, 2))
    groups = group_anchors(np.zeros(2), source, target)
    assert len(groups) == 2
    for group in groups:
        assert not np.isin(wrong, group).any()
        assert len(set(second[group])) == 1


def test_anchors_that_agree_on_nothing_are_no_group() -> None:
    rng = np.random.default_rng(1)
    source, target = rng.uniform(-60, 60, (6, 2)), rng.uniform(0, 5000, (6, 2))
    assert group_anchors(np.zeros(2), source, target) == []
    assert group_anchors(np.zeros(2), source + 4000, source) == []


def test_regions_are_found_on_torn_sheets() -> None:
    vote = PlaceVote(consensus_mls)
    overlaps = []
    for index in range(4):
        torn = draw_sheet(3, index)
        anchors = torn.source, torn.target
        found = find_region_twice(torn.sheet, *anchors, vote, torn.denser)
        assert found.shape == torn.truth.shape
        overlaps.append(overlap_of(found, torn.truth))
    assert np.mean(overlaps) > 0.75


def test_a_region_without_anchors_has_no_place() -> None:
    torn = draw_sheet(3, 0)
    nothing = np.zeros((0, 2))
    assert not find_region(torn.sheet, nothing, nothing, PlaceVote(consensus_mls)).any()
    twice = find_region_twice(torn.sheet, nothing, nothing, PlaceVote(consensus_mls), torn.denser)
    assert not twice.any()


def test_equal_numbers_give_equal_sheets() -> None:
    one, other, third = draw_sheet(0, 1), draw_sheet(0, 1), draw_sheet(0, 2)
    assert np.array_equal(one.target, other.target)
    assert np.array_equal(one.truth, other.truth)
    assert not np.array_equal(one.source, third.source)
    assert isinstance(one.sheet, Sheet)
