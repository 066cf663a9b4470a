"""The search for one piece: half of the room is as good as all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine import poses
from sar_models.engine.fragments.hypothesis import moved_mask
from sar_models.engine.poses import DensePoseSearch, Pose
from sar_models.engine.section import Section
from sar_models.engine.working import WorkingImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

SEARCH = replace(DensePoseSearch.for_piece(), size_px=160, step_deg=15.0)
ROWS, COLUMNS = np.mgrid[0:420, 0:420]


def disc(x: float, y: float, radius: float) -> Mask:
    return np.asarray((COLUMNS - x) ** 2 + (ROWS - y) ** 2 <= radius**2)


CRESCENT = disc(210, 200, 130) & ~disc(240, 200, 115)
PIECES = {
    "disc": disc(210, 200, 70),
    "bar": (abs(ROWS - 200) < 25) & (abs(COLUMNS - 210) < 130),
    "dumbbell": disc(110, 200, 42)
    | disc(310, 200, 42)
    | ((abs(ROWS - 200) < 6) & (abs(COLUMNS - 210) < 100)),
    "wedge": (abs(COLUMNS - 210) < 120) & (abs(ROWS - 200) < 0.45 * (330 - COLUMNS)),
    "crescent": CRESCENT,
}
ALL = np.ones((420, 420), dtype=np.bool_)
STRIP = abs(COLUMNS - 210) < 70


@pytest.fixture(scope="module")
def sections(drawn: Callable[..., Any]) -> tuple[Section, Section]:
    first, second = (
        Section.from_image(WorkingImage(drawn(2).photograph(stain, seed), Affine.identity()))
        for seed, stain in enumerate(("he", "dab"))
    )
    return first, second


def covered(pose: Pose, source: Section, target: Section) -> float:
    """Return how much of the source comes to lie on tissue."""
    tissue = source.mask > 0.5
    there = moved_mask(tissue, pose.target_from_source, target.mask.shape)
    return float((there & (target.mask > 0.5)).sum() / tissue.sum())


@pytest.mark.parametrize("free", [ALL, COLUMNS < 230], ids=["whole slide", "half of it"])
@pytest.mark.parametrize("name", PIECES)
def test_a_piece_finds_the_same_poses_as_with_all_the_room_there_is(
    sections: tuple[Section, Section], name: str, free: Mask, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = sections[0].masked(PIECES[name]), sections[1].masked(free)
    found = SEARCH.search(source, target)
    # From this overlap on half of the room will do: never.
    monkeypatch.setattr(poses, "_MOSTLY", 2.0)
    wanted = SEARCH.search(source, target)
    assert len(found) == len(wanted) == 10
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(
            one.target_from_source.matrix, other.target_from_source.matrix, atol=1e-9
        )
        assert one.score == pytest.approx(other.score, abs=1e-4)


def test_no_pose_lies_on_two_sides_of_the_tissue_at_once(
    sections: tuple[Section, Section],
) -> None:
    # Correlation is circular: the horns of a crescent would fit both edges of a strip.
    source, target = sections[0].masked(CRESCENT), sections[1].masked(STRIP)
    found = SEARCH.search(source, target, count=24)
    assert len(found) > 5
    assert min(covered(pose, source, target) for pose in found) > SEARCH.min_overlap - 0.05


def test_a_piece_that_fits_nowhere_has_no_pose(sections: tuple[Section, Section]) -> None:
    assert SEARCH.search(sections[0], sections[1].masked(disc(210, 200, 60))) == []
