from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sar_models.domain.errors import OptionError
from sar_models.domain.transforms import Affine
from sar_models.synthesis.deformation import Pose, least_area_factor, random_warp

EXTENT = (0.0, 0.0, 4000.0, 3000.0)


def _inner(n: int) -> np.ndarray:
    return np.random.default_rng(n).uniform((400, 400), (3600, 2600), (200, 2))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), rms=st.floats(1.0, 40.0))
def test_warps_have_their_rms_and_do_not_fold(seed: int, rms: float) -> None:
    warp = random_warp(seed, EXTENT, rms, 700.0)
    points = _inner(0)
    moved = warp.map(points) - points
    assert np.sqrt((warp.values**2).sum(axis=-1).mean()) == pytest.approx(rms)
    assert np.abs(moved).max() < 8 * rms
    assert least_area_factor(warp) > 0.3
    assert np.linalg.det(warp.jacobian(points)).min() > 0.3


def test_warp_leaves_shift_turn_and_scale_to_the_pose() -> None:
    warp = random_warp(3, EXTENT, 30.0, 500.0)
    ny, nx, _ = warp.values.shape
    x, y = np.meshgrid(np.arange(nx) - (nx - 1) / 2, np.arange(ny) - (ny - 1) / 2)
    for part in (warp.values[..., 0], warp.values[..., 1]):
        assert abs(part.mean()) < 1e-9
        assert abs((part * x).mean()) < 1e-6
        assert abs((part * y).mean()) < 1e-6


def test_warp_round_trip() -> None:
    warp = random_warp(4, EXTENT, 25.0, 600.0)
    points = _inner(1)
    np.testing.assert_allclose(warp.inverse().map(warp.map(points)), points, atol=1e-5)


def test_a_warp_that_must_fold_is_refused() -> None:
    with pytest.raises(OptionError, match="folds the tissue"):
        random_warp(1, EXTENT, 200.0, 300.0)


@pytest.mark.parametrize("mirror", [False, True])
def test_pose_says_what_it_does(mirror: bool) -> None:
    affine = Affine.from_linear(Pose(35.0, mirror, 1.02).linear(), (0.0, 0.0))
    assert affine.mirrored is mirror
    assert affine.scale == pytest.approx(1.02)
    assert affine.rotation_deg == pytest.approx(35.0)


def test_stretch_keeps_the_area() -> None:
    stretched = Pose(0.0, False, 1.0, stretch=1.1).linear()
    assert np.linalg.det(stretched) == pytest.approx(1.0)
    assert stretched[0, 0] == pytest.approx(1.1)
