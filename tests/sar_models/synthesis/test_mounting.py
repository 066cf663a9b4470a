from __future__ import annotations

import numpy as np
import pytest
from shapely import box

from sar_models.domain.geometry import Points, Size
from sar_models.domain.transforms import Affine, Sequence, Transform
from sar_models.synthesis.deformation import Pose, random_warp
from sar_models.synthesis.mounting import Mount, mount
from sar_models.synthesis.raster import FULL, Plane, Raster
from sar_models.synthesis.tissue import Amounts

RASTER = Raster.over((-600.0, -500.0, 600.0, 500.0), 2.0)
MARKS = np.array([[-310.0, -200.0], [150.0, 260.0], [333.3, -111.7], [0.4, 10.2]])


def _with_dots(marks: Points, radius_um: float = 7.0) -> Amounts:
    x, y = np.meshgrid(*RASTER.axes_um())
    plane = np.zeros(x.shape)
    for mark in marks:
        plane += np.exp(-((x - mark[0]) ** 2 + (y - mark[1]) ** 2) / (2 * radius_um**2))
    # Small: the middle of a bent spot is not where its middle went.
    return Amounts(RASTER, {"chromatin": np.clip(plane * FULL, 0, 255).astype(np.uint8)})


def _centroid(plane: Plane, near: np.ndarray, reach: int) -> np.ndarray:
    corner = np.floor(near).astype(int) - reach
    patch = plane[corner[1] :, corner[0] :][: 2 * reach, : 2 * reach].astype(float)
    ys, xs = np.mgrid[0 : patch.shape[0], 0 : patch.shape[1]] + 0.5
    centre = np.array([(patch * xs).sum(), (patch * ys).sum()]) / patch.sum()
    return corner + centre


POSES = {
    "plain": Pose(0.0, False),
    "turned": Pose(123.0, False),
    "mirrored": Pose(-40.0, True),
    "shrunk": Pose(10.0, False, 0.9, 1.05),
}


@pytest.mark.parametrize("name", POSES)
@pytest.mark.parametrize("mpp", [2.0, 5.0])
def test_a_mark_lands_where_the_transform_says(name: str, mpp: float) -> None:
    warp = random_warp(1, (-1500.0, -1500.0, 1500.0, 1500.0), 15.0, 500.0)
    size = Size(int(1600 / mpp), int(1600 / mpp))
    middle = np.array([size.width, size.height]) / 2
    placed = Sequence((warp, Affine.from_linear(POSES[name].linear() / mpp, middle)))
    planes = mount(_with_dots(MARKS), (Mount(placed),), size, mpp)
    for mark, expected in zip(MARKS, placed.map(MARKS), strict=True):
        found = _centroid(planes["chromatin"], expected, int(32 / mpp))
        np.testing.assert_allclose(found, expected, atol=0.12, err_msg=str(mark))


def test_only_the_region_of_a_mount_is_mounted() -> None:
    left: Transform = Affine.translation((600.0, 500.0))
    mounts = (Mount(left, box(-600, -500, 0, 500)),)
    plane = mount(_with_dots(MARKS), mounts, Size(1200, 1000), 1.0)["chromatin"]
    assert plane[300, 290] > 0.8 * FULL
    assert plane[:, 620:].max() == 0


def test_two_mounts_lie_on_one_slide() -> None:
    mounts = tuple(
        Mount(Affine.from_linear(np.eye(2) / 4, offset)) for offset in ((150, 130), (470, 150))
    )
    plane = mount(_with_dots(MARKS[:1]), mounts, Size(640, 280), 4.0)["chromatin"]
    for each in mounts:
        expected = each.slide_from_block.map(MARKS[:1])[0]
        np.testing.assert_allclose(_centroid(plane, expected, 14), expected, atol=0.12)


def test_beyond_the_domain_there_is_glass() -> None:
    warp = random_warp(1, (-200.0, -200.0, 200.0, 200.0), 2.0, 200.0)
    placed = Sequence((warp, Affine.translation((600.0, 500.0))))
    plane = mount(_with_dots(MARKS), (Mount(placed),), Size(1200, 1000), 1.0)["chromatin"]
    assert plane[:, :380].max() == 0
    assert plane[:, 820:].max() == 0
