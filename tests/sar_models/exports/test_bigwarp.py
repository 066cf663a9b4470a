"""BigWarp's landmarks, read as BigWarp reads them: a spline from the fixed to the moving image."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import export_scenes as scenes
import numpy as np
import pytest
from thin_plates import thin_plate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.geometry import Points
    from sar_models.exports import Exported


def landmarks(path: Path) -> tuple[Points, Points]:
    """Return the moving and the fixed points of a file of six columns."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows] == [f"Pt-{number}" for number in range(len(rows))]
    assert {row[1] for row in rows} == {"true"}
    assert {len(row) for row in rows} == {6}
    numbers = np.array([row[2:] for row in rows], dtype=np.float64)
    return numbers[:, :2], numbers[:, 2:]


@pytest.mark.parametrize(
    ("alignment", "limit_px"), [(scenes.alignment(), 0.01), (scenes.bent_alignment(), 0.5)]
)
def test_the_spline_shows_moving_pixels_at_their_fixed_place(
    write: Callable[..., Exported], alignment: object, limit_px: float
) -> None:
    exported = write(alignment, "landmarks.csv", "bigwarp")
    moving, fixed = landmarks(exported.path)
    source = scenes.tissue_points(scenes.TISSUE)
    target = alignment.fragments[0].transform.map(source)
    # Micrometres, 0 at the centre of the first pixel, as Fiji opens calibrated images.
    found = thin_plate(fixed, moving, (target - 0.5) * [0.5, 0.22]) / [0.25, 0.3] + 0.5
    assert scenes.worst(found, source) < limit_px
    assert exported.about["direction"] == "source_from_target"


def test_every_value_is_quoted_and_there_is_no_header(write: Callable[..., Exported]) -> None:
    exported = write(scenes.alignment(), "landmarks.csv", "bigwarp", units="px")
    first = exported.path.read_text(encoding="utf-8").splitlines()[0]
    values = first.split(",")
    assert values[:2] == ['"Pt-0"', '"true"']
    assert all(value.startswith('"') and value.endswith('"') for value in values)


def test_landmarks_of_pixels_lie_on_both_slides(write: Callable[..., Exported]) -> None:
    exported = write(scenes.alignment(), "landmarks.csv", "bigwarp", units="px")
    moving, fixed = landmarks(exported.path)
    assert scenes.worst(scenes.AFFINE.map(moving + 0.5), fixed + 0.5) < 0.01
    assert (moving > 0).all()
    assert (moving < scenes.SOURCE_SIZE.as_array()).all()
