"""The parts of the engine, each on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sar_models.domain.errors import LandmarkError, OptionError
from sar_models.domain.geometry import Region
from sar_models.domain.transforms import Affine
from sar_models.engine import AlignOptions, DensePoseSearch, Section
from sar_models.engine.anchors import BlockMatcher
from sar_models.engine.contrast import shift_contrast
from sar_models.engine.device import choose_device, describe_devices
from sar_models.engine.fixed_points import poses_from_landmarks
from sar_models.engine.outlines import outline_of
from sar_models.engine.poses import pose_margin
from sar_models.engine.sampling import as_tensor, positions, sample
from sar_models.engine.views import VIEW_SIZE_PX, read_views
from sar_models.engine.working import WorkingImage, read_working

if TYPE_CHECKING:
    from collections.abc import Callable


def section_of(image: Any) -> Section:
    return Section.from_image(WorkingImage(image, Affine.identity()))


# Outlines


def test_outlines_lie_on_pixel_edges() -> None:
    mask = np.zeros((50, 60), dtype=np.bool_)
    mask[10:30, 20:50] = True
    mask[15:20, 25:35] = False
    outline = outline_of(mask, Affine.scaling(2, 2))
    assert outline.bounds == pytest.approx((40, 20, 100, 60), abs=1e-6)
    assert outline.area == pytest.approx(4 * mask.sum(), rel=0.05)


# Reading


def test_working_images_are_area_averaged_in_strips(memory_slide: Any) -> None:
    rng = np.random.default_rng(0)
    slide = memory_slide(rng.integers(0, 255, (1200, 5000, 3), dtype=np.uint8).astype(np.uint8))
    image = read_working(slide, Region(1000, 200, 4000, 800), 8.0, 10**6)
    assert image.rgb.shape == (100, 500, 3)
    assert slide.largest_read_px <= 4_100_000
    block = slide.image[200:208, 1000:1008].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(image.rgb[0, 0], block, atol=2)
    corner = image.slide_from_working.map(np.array([[0.0, 0.0], [500.0, 100.0]]))
    np.testing.assert_allclose(corner, [[1000, 200], [5000, 1000]])


def test_a_large_request_is_coarsened_to_the_budget(memory_slide: Any) -> None:
    slide = memory_slide(np.zeros((900, 900, 3), np.uint8))
    image = read_working(slide, Region(0, 0, 900, 900), 1.0, 90_000)
    assert image.rgb.shape[0] * image.rgb.shape[1] <= 90_000


def test_views_show_the_region_of_interest(memory_slide: Any) -> None:
    slide = memory_slide(np.zeros((3000, 2000, 3), np.uint8))
    options = AlignOptions(source_roi=Region(100, 200, 1000, 500))
    source, target = read_views(slide, slide, options)
    assert source.image.shape == (500, 1000, 3)
    np.testing.assert_allclose(source.slide_from_view.offset, [100, 200])
    assert target.image.shape[0] == VIEW_SIZE_PX


# Poses


def test_pose_search_finds_turn_side_and_place(scene: Any) -> None:
    poses = DensePoseSearch().search(section_of(scene.source.image), section_of(scene.target.image))
    assert poses[0].target_from_source.mirrored
    error = np.linalg.norm(
        poses[0].target_from_source.map(scene.points) - scene.truth.map(scene.points), axis=1
    )
    assert np.median(error) < 12
    assert pose_margin(poses) > 1.15


def test_one_piece_is_found_on_the_whole_target(scene: Any) -> None:
    source = section_of(scene.source.image)
    keep = np.zeros(source.mask.shape, dtype=np.bool_)
    keep[:, :200] = True
    poses = DensePoseSearch.for_piece().search(source.masked(keep), section_of(scene.target.image))
    inside = scene.points[scene.points[:, 0] < 190]
    error = np.linalg.norm(
        poses[0].target_from_source.map(inside) - scene.truth.map(inside), axis=1
    )
    assert np.median(error) < 15


# Anchors and contrast


def test_blocks_find_a_shift(drawn: Callable[..., Any]) -> None:
    image = drawn(5).dyes[0]
    weight = (drawn(5).dyes[1] > 0.15).astype(np.float32)
    matches = BlockMatcher(size_px=420).match(image, np.roll(image, (3, -5), (0, 1)), weight)
    assert len(matches.peaks) > 50
    np.testing.assert_allclose(np.median(matches.shifts, axis=0), [-5, 3], atol=0.3)
    assert matches.agreeing(1.0).mean() < 0.1


def test_contrast_tells_the_right_place_from_a_wrong_one(drawn: Callable[..., Any]) -> None:
    image = drawn(5).dyes[0]
    weight = (drawn(5).dyes[1] > 0.15).astype(np.float32)
    cpu = torch.device("cpu")
    right = shift_contrast(image, image**0.5, weight, cpu)
    wrong = shift_contrast(image, drawn(6).dyes[0], weight, cpu)
    assert right.contrast > 0.3
    assert right.lead > 0.1
    assert abs(wrong.contrast) < 0.1


# Coordinates


def test_sampling_at_pixel_centres_returns_the_pixels() -> None:
    image = np.random.default_rng(0).random((7, 9)).astype(np.float32)
    cpu = torch.device("cpu")
    sampled = sample(as_tensor(image, cpu), positions(7, 9, cpu))
    np.testing.assert_allclose(sampled[0, 0].numpy(), image, atol=1e-5)


# Landmarks


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-180, 180), st.booleans(), st.floats(0.3, 3.0), st.integers(3, 12), st.integers(0, 99)
)
def test_landmarks_give_the_pose(
    turn_deg: float, mirror: bool, scale: float, count: int, seed: int
) -> None:
    source = np.random.default_rng(seed).random((count, 2)) * [300, 500]
    truth = Affine.from_similarity(np.deg2rad(turn_deg), scale, (40, -7), mirror=mirror)
    poses = poses_from_landmarks(source, truth.map(source), None)
    np.testing.assert_allclose(
        poses[0].target_from_source.map(source), truth.map(source), atol=1e-6
    )


def test_two_landmarks_leave_the_side_open() -> None:
    source = np.array([[0.0, 0.0], [100.0, 0.0]])
    assert len(poses_from_landmarks(source, source, None)) == 2
    assert poses_from_landmarks(source[:1], source[:1], None) == []


# Options and devices


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "torn"},
        {"device": "tpu"},
        {"working_size_px": 10},
        {"memory_bytes": 5},
        {"glass_reach_um": float("nan")},
        {"seed": -1},
        {"mode": "fragments", "landmarks": (np.zeros((2, 2)), np.zeros((2, 2)))},
    ],
)
def test_impossible_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        AlignOptions(**wrong)


@pytest.mark.parametrize(
    "landmarks",
    [
        (np.zeros((2, 2)), np.zeros((3, 2))),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (np.full((3, 2), np.nan), np.zeros((3, 2))),
    ],
)
def test_impossible_landmarks_are_refused(landmarks: Any) -> None:
    with pytest.raises(LandmarkError):
        AlignOptions(landmarks=landmarks)


def test_devices_are_described() -> None:
    assert choose_device("cpu").type == "cpu"
    assert torch.__version__ in describe_devices()
