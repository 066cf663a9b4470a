from __future__ import annotations

import numpy as np
import pytest
from store_harness import note

from sar_models.domain.errors import SlideError, StoreError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.stores import ArraySlide, MemoryStore


def test_an_array_is_a_slide() -> None:
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    bounds = Region(1, 1, 2, 2)
    slide = ArraySlide("a", [pixels, pixels[::2, ::2]], Mpp(0.5, 0.5), bounds=bounds)
    assert slide.info.levels == (Size(6, 4), Size(3, 2))
    assert (slide.info.mpp, slide.info.bounds) == (Mpp(0.5, 0.5), bounds)
    tile = slide.read(1, Region(1, 0, 2, 2))
    np.testing.assert_array_equal(tile, pixels[::2, ::2][:, 1:])
    tile[:] = 0
    assert pixels.any(), "a tile is a copy"


def test_gray_arrays_become_rgb() -> None:
    gray = np.arange(12, dtype=np.uint8).reshape(3, 4)
    tile = ArraySlide("a", gray).read(0, Region(0, 0, 4, 3))
    np.testing.assert_array_equal(tile, np.repeat(gray[..., None], 3, axis=2))


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), np.zeros(4, np.uint8)]
)
def test_other_arrays_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(SlideError, match="expected"):
        ArraySlide("a", pixels)


def test_checksums_tell_content() -> None:
    one, two = np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint8)
    assert ArraySlide("a", one).info.checksum == ArraySlide("b", one).info.checksum
    assert ArraySlide("a", one).info.checksum != ArraySlide("a", two).info.checksum


def test_a_name_is_taken_once() -> None:
    slide = ArraySlide("a", np.zeros((4, 4), np.uint8))
    store = MemoryStore([slide], {"a": [note("n")]})
    assert [a.name for a in store.annotations("a")] == ["n"]
    with pytest.raises(StoreError, match="'a' already"):
        store.add(slide)
    with pytest.raises(StoreError, match="no slide 'b'"):
        MemoryStore([slide], {"b": [note("n")]})
