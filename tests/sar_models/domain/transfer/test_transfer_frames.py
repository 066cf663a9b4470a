"""Transfer in the frames of files, QuPath and OMERO."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import (
    LineString,
    Point,
    box,
)
from transfer_scenes import FIELD, INSIDE, annotation, only, without_marker

from sar_models.domain.errors import FrameError
from sar_models.domain.geometry import Region, Size
from sar_models.domain.slides import SlidePair
from sar_models.domain.transfer import TransferOptions, transfer


class TestFrames:
    SOURCE = replace(FIELD.pair.source, bounds=Region(100, 200, 1800, 1200))
    TARGET = replace(FIELD.pair.target, bounds=Region(30, 40, 2000, 1700))
    ALIGNMENT = replace(FIELD, pair=SlidePair(SOURCE, TARGET))

    def test_bounds_in_both_frames(self) -> None:
        in_file = annotation(INSIDE)
        in_qupath = annotation(shapely.transform(INSIDE, lambda p: p - (100, 200)))
        qupath = TransferOptions(frame="qupath")
        mixed = TransferOptions(frame="qupath", output_frame="file")
        reference = only(transfer([in_file], self.ALIGNMENT))
        moved = only(transfer([in_qupath], self.ALIGNMENT, options=qupath))
        back = shapely.transform(moved.geometry, lambda p: p + np.array([30, 40]))
        assert shapely.hausdorff_distance(back, reference.geometry) < 1e-6
        same = only(transfer([in_qupath], self.ALIGNMENT, options=mixed))
        assert shapely.hausdorff_distance(same.geometry, reference.geometry) < 1e-6
        assert moved.metadata["sar_align.frame"] == "qupath"
        assert moved.metadata["sar_align.slide_size"] == "2000 x 1700"

    def test_nuclei_move_with_the_frame(self) -> None:
        cell = annotation(box(800, 500, 820, 520), kind="cell", nucleus=box(805, 505, 810, 510))
        options = TransferOptions(section="same", frame="qupath")
        found = only(transfer([cell], self.ALIGNMENT, options=options))
        assert found.nucleus is not None
        assert found.geometry.contains(found.nucleus)

    @given(st.integers(0, 400), st.integers(0, 300))
    @settings(max_examples=15)
    def test_there_and_back_in_a_cropped_frame(self, x: int, y: int) -> None:
        outline = box(600 + x, 400 + y, 700 + x, 500 + y)
        qupath = TransferOptions(frame="qupath")
        there = transfer([annotation(outline)], self.ALIGNMENT, options=qupath)
        back = transfer(without_marker(there), self.ALIGNMENT, "inverse", qupath)
        assert shapely.hausdorff_distance(only(back).geometry, outline) < 0.5

    def test_another_size_is_refused(self) -> None:
        options = TransferOptions(slide_size=Size(2000, 1499))
        with pytest.raises(FrameError, match="2000 x 1499"):
            transfer([annotation(INSIDE)], FIELD, options=options)
        fits = replace(options, slide_size=Size(2000, 1500))
        assert transfer([annotation(INSIDE)], FIELD, options=fits).annotations

    def test_objects_outside_the_slide_are_refused(self) -> None:
        outside = annotation(box(2100, 100, 2200, 200), name="lost one")
        with pytest.raises(FrameError, match=r"1 of 2 objects .* 'lost one' at x 2100 to 2200"):
            transfer([annotation(INSIDE), outside], FIELD)
        for shape in (Point(-1, 5), box(0, -9, 9, -1), LineString([(1, 1600), (5, 1700)])):
            with pytest.raises(FrameError):
                transfer([annotation(shape)], FIELD)

    def test_objects_written_for_another_slide_are_refused(self) -> None:
        there = transfer([annotation(INSIDE)], FIELD)
        with pytest.raises(FrameError, match="2200 x 1800"):
            transfer(there.annotations, FIELD, "forward")
