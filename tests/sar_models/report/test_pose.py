from dataclasses import replace

import numpy as np
import pytest
import report_scenes

from sar_models.domain.geometry import Mpp
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine, Displacement
from sar_models.report.pose import pose_of


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("angle", [-140.0, 0.0, 75.0])
def test_turn_scale_and_mirror_are_told(angle: float, mirror: bool) -> None:
    alignment = report_scenes.scene(120).alignment
    turn = Affine.from_similarity(np.deg2rad(angle), 0.5, (9, 9), mirror=mirror)
    fragment = replace(alignment.fragments[0], transform=turn)
    pair = SlidePair(alignment.pair.source, alignment.pair.target.with_mpp(Mpp(0.5, 0.5)))
    pose = pose_of(fragment, pair)
    assert pose is not None
    assert pose.rotation_deg == pytest.approx(angle, abs=1e-6)
    assert pose.mirrored == mirror
    assert pose.scale == pytest.approx(1.0)
    assert pose.physical


def test_without_mpp_the_scale_is_in_pixels() -> None:
    alignment = report_scenes.scene(120, mpp=None).alignment
    pose = pose_of(alignment.fragments[0], alignment.pair)
    assert pose is not None
    assert not pose.physical
    assert pose.rotation_deg == pytest.approx(35.0, abs=2.0)


def test_a_piece_that_does_not_map_has_no_pose() -> None:
    alignment = report_scenes.scene(120).alignment
    nowhere = Displacement(np.full(2, -9e6), np.ones(2), np.zeros((4, 4, 2)))
    assert pose_of(replace(alignment.fragments[0], transform=nowhere), alignment.pair) is None
