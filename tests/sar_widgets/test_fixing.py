"""Landmarks as state, and a corrected version beside the old one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from widget_scenes import folder_of

from sar_models.domain.alignment import Alignment, Risk
from sar_models.domain.errors import LandmarkError
from sar_models.domain.slides import Slide
from sar_models.stores.alignment_folder import read_alignment
from sar_widgets.fixing import fix
from sar_widgets.landmarks import LandmarkBoard


def board() -> LandmarkBoard:
    return LandmarkBoard("tissue-2").added((1.0, 2.0), (3.0, 4.0)).added((5.0, 6.0), (7.0, 8.0))


def test_pairs_are_added_moved_and_deleted_and_keep_their_numbers() -> None:
    changed = board().moved(2, target=(70.0, 80.0)).deleted(1).added((9.0, 9.0), (9.0, 9.0))
    assert [pair.number for pair in changed.pairs] == [2, 3]
    source, target = changed.points()
    assert np.array_equal(source, [[5, 6], [9, 9]])
    assert np.array_equal(target, [[70, 80], [9, 9]])


def test_every_change_can_be_taken_back() -> None:
    start = board()
    assert start.deleted(1).undone().pairs == start.pairs
    assert start.undone().undone().pairs == ()
    with pytest.raises(LandmarkError, match="no change"):
        LandmarkBoard("tissue-1").undone()


def test_a_locked_pair_stays() -> None:
    locked = board().locked(1)
    with pytest.raises(LandmarkError, match="is locked"):
        locked.deleted(1)
    with pytest.raises(LandmarkError, match="is locked"):
        locked.moved(1, source=(0.0, 0.0))
    assert len(locked.locked(1, locked=False).deleted(1).pairs) == 1


@pytest.mark.parametrize("point", [(float("nan"), 0.0), (0.0, float("inf"))])
def test_what_is_no_place_is_refused(point: tuple[float, float]) -> None:
    with pytest.raises(LandmarkError, match="no place"):
        board().added(point, (0.0, 0.0))
    with pytest.raises(LandmarkError, match="no landmark pair 9"):
        board().moved(9, source=(0.0, 0.0))


def test_a_fix_is_a_new_version_and_the_old_one_stays(tmp_path: Path) -> None:
    (scene,) = folder_of(tmp_path, 1)

    def how(_: Slide, __: Slide, parent: Alignment, landmarks: LandmarkBoard) -> Alignment:
        assert landmarks.fragment == "tissue-2"
        return replace(parent, risk=Risk(0.01))

    first = fix(tmp_path / "case-000", board(), scene.opener, how)
    second = fix(first, board(), scene.opener, how)
    assert [first.name, second.name] == ["case-000-fix-1", "case-000-fix-2"]
    assert read_alignment(first).risk.score == 0.01
    assert read_alignment(tmp_path / "case-000").content_sha256 == scene.alignment.content_sha256


def test_without_a_landmark_nothing_is_done(tmp_path: Path) -> None:
    (scene,) = folder_of(tmp_path, 1)
    with pytest.raises(LandmarkError, match="no landmark pair"):
        fix(tmp_path / "case-000", LandmarkBoard("tissue-1"), scene.opener)
    assert [path.name for path in tmp_path.iterdir()] == ["case-000"]
