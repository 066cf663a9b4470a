"""Frames convert exactly and refuse what they cannot know; cases form pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import slide_info
from hypothesis import given
from hypothesis import strategies as st

from sar_models.domain.errors import FrameError, OptionError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.domain.slides import Case, SlideInfo, convert

SIZE = Size(5000, 4000)
BOUNDS = Region(300, 700, 2000, 1500)


def test_qupath_frame_starts_at_the_bounds() -> None:
    slide = slide_info("he", SIZE, bounds=BOUNDS)
    frame = slide.frame_of("qupath")
    assert frame.size == BOUNDS.size
    np.testing.assert_array_equal(
        convert(np.array([[0.0, 0.0]]), frame, slide.frame), [[300.0, 700.0]]
    )


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_frames_round_trip(x: float, y: float) -> None:
    slide = slide_info("he", SIZE, bounds=BOUNDS)
    qupath = slide.frame_of("qupath")
    where = np.array([[x, y]])
    back = convert(convert(where, qupath, slide.frame), slide.frame, qupath)
    np.testing.assert_allclose(back, where, atol=1e-9)


def test_without_bounds_all_frames_agree() -> None:
    slide = slide_info("he", SIZE)
    for kind in ("file", "qupath", "omero"):
        frame = slide.frame_of(kind)
        assert (frame.size, frame.offset) == (SIZE, (0.0, 0.0))


def test_frames_that_cannot_be_known_are_refused() -> None:
    slide = slide_info("he", SIZE, bounds=BOUNDS)
    with pytest.raises(FrameError, match="OMERO"):
        slide.frame_of("omero")
    with pytest.raises(OptionError, match="'napari'"):
        slide.frame_of("napari")


def test_level_zero_has_to_be_the_full_resolution() -> None:
    with pytest.raises(FrameError, match="first level"):
        SlideInfo("a", "a", SIZE, (Size(10, 10),))
    with pytest.raises(FrameError):
        SlideInfo("a", "a", SIZE, ())


def test_pixel_size_is_replaced_in_a_copy() -> None:
    slide = slide_info("he", SIZE)
    assert slide.with_mpp(Mpp(0.25, 0.25)).mpp == Mpp(0.25, 0.25)
    assert slide.mpp is None


def test_images_of_one_file_are_told_apart() -> None:
    slide = slide_info("he", SIZE)
    second = replace(slide, series=1)
    assert slide.content_id == slide.checksum
    assert second.content_id != slide.content_id
    assert slide.checksum in second.content_id


def test_case_pairs_every_slide_with_its_reference() -> None:
    slides = tuple(slide_info(name, SIZE) for name in ("cd3", "he", "ki67"))
    pairs = Case("block 1", slides, reference=1).pairs()
    assert [(p.source.name, p.target.name) for p in pairs] == [("cd3", "he"), ("ki67", "he")]
    with pytest.raises(OptionError, match="reference"):
        Case("block 1", slides, reference=3)
