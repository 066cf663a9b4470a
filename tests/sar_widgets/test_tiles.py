"""Warped tiles show what the truth says, at every zoom, and nothing where there is nothing."""

import io
import tracemalloc

import numpy as np
import pytest
import shapely
from PIL import Image
from widget_scenes import widget_scene

from sar_models.domain.geometry import Size
from sar_models.stores.memory import ArraySlide
from sar_models.synthesis.procedural import pattern
from sar_widgets.grid import TileKey
from sar_widgets.options import ViewerOptions
from sar_widgets.slide_reading import read_patch
from sar_widgets.tiles import JPEG, WEBP, TileRenderer

BIG = Size(100_000, 100_000)


def drift_px(renderer: TileRenderer, key: TileKey) -> float:
    """Return how far a warped tile lies from the truth, in its own pixels.

    The shift of the picture that fits best, from its difference to the true picture and the
    gradient of that (Lucas and Kanade).
    """
    box = renderer.grid.box(key)
    rgba = renderer.rgba(box, of_source=True)
    at = box.at(np.arange(box.width, dtype=float), np.arange(box.height, dtype=float))
    true = (
        pattern(at.reshape(-1, 2), box.pixel_size[0])
        .reshape(*at.shape[:2], 3)[..., 1]
        .astype(float)
    )
    gradient = np.stack(np.gradient(true)[::-1], axis=-1)
    inner = rgba[..., 3] > 0
    inner[[0, -1]] = inner[:, [0, -1]] = False
    assert inner.any()
    error = rgba[..., 1].astype(float) - true
    shift = np.linalg.lstsq(gradient[inner], error[inner], rcond=None)[0]
    return float(np.hypot(*shift))


@pytest.mark.parametrize("depth", [0, 2, 4, 7])
def test_a_warped_tile_lies_within_a_fraction_of_a_screen_pixel(depth: int) -> None:
    scene = widget_scene(size=BIG)
    renderer = TileRenderer(scene.alignment, scene.source, scene.target, ViewerOptions())
    level = renderer.grid.max_level - depth
    side = 256 * renderer.grid.downsample(level)
    outline = scene.alignment.fragments[0].target
    places = [outline.representative_point(), shapely.Point(outline.exterior.coords[0])]
    for place in places:
        key = TileKey("source", level, int(place.x // side), int(place.y // side))
        assert drift_px(renderer, key) < 0.25


def test_the_source_is_transparent_where_it_has_no_counterpart() -> None:
    scene = widget_scene()
    renderer = TileRenderer(scene.alignment, scene.source, scene.target, ViewerOptions())
    box = renderer.grid.box(TileKey("source", 0, 0, 0))
    rgba = renderer.rgba(box, of_source=True)
    step_x, step_y = box.pixel_size
    tissue = shapely.union_all([f.target for f in scene.alignment.fragments])
    far = shapely.buffer(tissue, scene.alignment.transform.reach_target_px + 10 * step_x)
    x, y = np.meshgrid(
        (np.arange(box.width) + 0.5) * step_x, (np.arange(box.height) + 0.5) * step_y
    )
    assert rgba[..., 3][shapely.contains_xy(shapely.buffer(tissue, -2 * step_x), x, y)].all()
    assert not rgba[..., 3][~shapely.contains_xy(far, x, y)].any()


def test_full_tiles_are_jpeg_partial_ones_webp_and_empty_ones_nothing() -> None:
    scene = widget_scene()
    renderer = TileRenderer(scene.alignment, scene.source, scene.target, ViewerOptions())
    level = renderer.grid.max_level
    whole = renderer.tile(TileKey("target", level, 2, 2))
    assert whole.media_type == JPEG
    assert Image.open(io.BytesIO(whole.data)).size == (256, 256)
    part = renderer.tile(TileKey("source", 0, 0, 0))
    assert part.media_type == WEBP
    assert Image.open(io.BytesIO(part.data)).mode == "RGBA"
    assert renderer.tile(TileKey("source", level, 0, 0)).data == b""


def test_the_whole_of_a_huge_slide_takes_little_memory() -> None:
    scene = widget_scene(size=BIG)
    renderer = TileRenderer(scene.alignment, scene.source, scene.target, ViewerOptions())
    tracemalloc.start()
    renderer.tile(TileKey("source", 0, 0, 0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6


def test_a_slide_without_levels_is_read_in_blocks_and_averaged() -> None:
    pixels = np.zeros((3000, 5000, 3), dtype=np.uint8)
    pixels[:, ::2] = 200
    patch = read_patch(ArraySlide("flat", pixels), np.zeros(2), np.array([5000.0, 3000.0]), 10.0)
    assert patch is not None
    assert patch.pixels.shape == (300, 500, 3)
    assert np.all(np.abs(patch.pixels.astype(int) - 100) <= 1)


def test_beyond_a_slide_there_is_nothing() -> None:
    slide = ArraySlide("small", np.zeros((50, 50, 3), dtype=np.uint8))
    assert read_patch(slide, np.full(2, 100.0), np.full(2, 120.0), 1.0) is None
