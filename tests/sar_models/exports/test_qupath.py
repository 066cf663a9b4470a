"""The text of QuPath's alignment, read as QuPath was seen to read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import export_scenes as scenes
import numpy as np
import pytest

from sar_models.domain.errors import ExportError
from sar_models.domain.transforms import Affine
from sar_models.exports.qupath import affine_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.exports import Exported

_PLAIN = re.compile(r"-?\d+\.\d+")


def parsed(text: str) -> Affine:
    """Return the matrix of six plain decimals; anything else QuPath misreads or refuses."""
    numbers = text.replace(",", " ").split()
    assert all(_PLAIN.fullmatch(number) for number in numbers)
    return Affine(np.array(numbers, dtype=np.float64).reshape(2, 3))


def test_the_matrix_goes_from_the_viewer_to_the_overlay(write: Callable[..., Exported]) -> None:
    exported = write(scenes.alignment(), "affine.txt", "qupath")
    source = scenes.tissue_points(scenes.TISSUE)
    viewer = scenes.AFFINE.map(source)
    found = parsed(exported.path.read_text(encoding="ascii")).map(viewer)
    assert scenes.worst(found, source) < 0.01
    assert exported.accuracy.exact
    assert exported.about["direction"] == "source_from_target"


def test_the_text_has_the_shape_of_the_text_box() -> None:
    text = affine_text(np.array([[1.0, 0.0, 10.5], [1e-5, 1.0, -3.25]]))
    assert text == (
        "1.0000000000,\t0.0000000000,\t10.5000000000,\n0.0000100000,\t1.0000000000,\t-3.2500000000"
    )


def test_a_bend_is_refused_with_its_measured_error(write: Callable[..., Exported]) -> None:
    with pytest.raises(ExportError, match=r"up to \d+\.\d\d px .* µm\) off .* tolerance is 0\.50"):
        write(scenes.bent_alignment(), "affine.txt", "qupath")


def test_a_bend_is_accepted_with_a_larger_tolerance(write: Callable[..., Exported]) -> None:
    exported = write(scenes.bent_alignment(), "affine.txt", "qupath", tolerance_px=200.0)
    source = scenes.tissue_points(scenes.TISSUE)
    found = parsed(exported.path.read_text(encoding="ascii")).map(scenes.bent().map(source))
    error = np.hypot(*(found - source).T)
    assert not exported.accuracy.exact
    # Measured at more points, those of the border among them.
    assert 0.6 * exported.accuracy.max_px < error.max() <= 1.01 * exported.accuracy.max_px
    assert np.percentile(error, 95) == pytest.approx(exported.accuracy.p95_px, rel=0.25)
