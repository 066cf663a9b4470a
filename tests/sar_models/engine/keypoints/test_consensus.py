"""Groups of matches: one for each piece, none for accidents."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.keypoints.consensus import GroupRules, find_groups
from sar_models.engine.keypoints.features import Turn
from sar_models.engine.keypoints.matching import Matches

RULES = GroupRules(tolerance_px=5.0)


def matches(*parts: tuple[Affine, int], wrong: int = 0, seed: int = 0) -> Matches:
    """Return matches under poses, and wrong ones after them."""
    rng = np.random.default_rng(seed)
    source = rng.uniform(0, 400, (sum(count for _, count in parts) + wrong, 2))
    target, begin = rng.uniform(0, 400, source.shape), 0
    for pose, count in parts:
        own = slice(begin, begin + count)
        target[own] = pose.map(source[own]) + rng.normal(0, 1, (count, 2))
        begin += count
    ones = np.ones(len(source), dtype=np.float32)
    return Matches(source, target, ones, ones)


@pytest.mark.parametrize("mirror", [False, True])
def test_a_pose_among_wrong_matches(mirror: bool) -> None:
    pose = Affine.from_similarity(np.deg2rad(70.0), 1.05, (30.0, -20.0), mirror=mirror)
    found = find_groups(matches((pose, 60), wrong=200), Turn(60.0, mirror), RULES, 3)
    assert len(found) == 1
    assert set(range(60)) <= set(found[0].members.tolist())
    where = np.array([[200.0, 100.0]])
    assert found[0].target_from_source.map(where)[0] == pytest.approx(pose.map(where)[0], abs=2.0)


def test_two_pieces_are_two_groups_largest_first() -> None:
    turn = Affine.from_similarity(np.deg2rad(10.0))
    near, far = Affine.translation((0.0, 0.0)), Affine.translation((300.0, 40.0)) @ turn
    found = find_groups(matches((near, 40), (far, 80), wrong=40), Turn(5.0), RULES, 5)
    assert [len(group) >= least for group, least in zip(found, (80, 40), strict=True)] == [1, 1]
    assert found[0].members.min() >= 40


@pytest.mark.parametrize(
    ("pose", "why"),
    [
        (Affine.from_similarity(np.deg2rad(100.0)), "turned otherwise than it was matched"),
        (Affine.scaling(2.0, 2.0), "another scale"),
        (Affine.from_similarity(0.0, mirror=True), "another side"),
    ],
)
def test_what_cannot_be_is_no_group(pose: Affine, why: str) -> None:
    assert find_groups(matches((pose, 60)), Turn(), RULES, 3) == [], why


def test_accidents_are_no_group() -> None:
    rules = GroupRules(tolerance_px=5.0, least_first=25)
    assert find_groups(matches(wrong=200), Turn(), rules, 3) == []
    assert find_groups(matches(wrong=0), Turn(), rules, 3) == []
