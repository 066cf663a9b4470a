"""Blocks of one image, or of several together, found again on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.engine.anchors import BlockMatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.engine.anchors import BlockMatches

    Images = NDArray[np.float32]

SHIFT = (5, -7)


@pytest.fixture(scope="module")
def images(drawn: Callable[..., Any]) -> Images:
    """Texture all over the picture, twice, ``(2, H, W)``."""
    return np.stack([drawn(seed, 300).dyes[0][90:330, 60:360] for seed in (3, 6)])


def moved(images: Images) -> Images:
    return np.roll(images, SHIFT[::-1], axis=(-2, -1))


def match(source: Images, target: Images) -> BlockMatches:
    return BlockMatcher().match(source, target, np.ones(source.shape[-2:], dtype=np.float32))


def agree(found: BlockMatches) -> NDArray[np.bool_]:
    return np.asarray(np.hypot(*(found.shifts - SHIFT).T) < 1.0)


def test_a_picture_alone_is_matched_as_a_stack_of_one(images: Images) -> None:
    alone, stacked = (match(picture, moved(picture)) for picture in (images[0], images[:1]))
    assert agree(alone).mean() > 0.9
    for name in ("centres", "shifts", "peaks"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(stacked, name))


def test_the_order_of_images_does_not_matter(images: Images) -> None:
    first, second = (match(stack, moved(stack)) for stack in (images, images[::-1]))
    np.testing.assert_array_equal(first.centres, second.centres)
    np.testing.assert_allclose(first.shifts, second.shifts, atol=1e-3)


def test_each_image_tells_where_the_other_one_is_blank(images: Images) -> None:
    parts = images.copy()
    middle = parts.shape[-1] // 2
    parts[0, :, middle:] = 0.0
    parts[1, :, :middle] = 0.0
    both = match(parts, moved(parts))
    assert agree(both).mean() > 0.9
    for part in parts:
        assert len(match(part, moved(part)).centres) < 0.8 * len(both.centres)
    assert both.centres[:, 0].min() < 0.2 * parts.shape[-1]
    assert both.centres[:, 0].max() > 0.8 * parts.shape[-1]


def test_an_image_that_shows_something_else_lowers_the_peaks(images: Images) -> None:
    alike = match(images, moved(images))
    other = np.stack([moved(images)[0], images[1, ::-1, ::-1]])
    doubtful = match(images, other)
    assert np.median(doubtful.peaks) < 0.8 * np.median(alike.peaks)


def test_matches_of_several_images_are_in_pixels_of_the_pictures_given(images: Images) -> None:
    large = np.repeat(np.repeat(images, 2, axis=1), 2, axis=2)
    found = match(large, np.roll(large, (2 * SHIFT[1], 2 * SHIFT[0]), axis=(1, 2)))
    assert (np.hypot(*(found.shifts - np.multiply(2, SHIFT)).T) < 2.5).mean() > 0.9
    assert found.centres.max() > 0.8 * max(large.shape)
