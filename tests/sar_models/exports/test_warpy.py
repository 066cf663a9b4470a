"""Warpy files: the structure that real classes loaded, and the numbers that they compute."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import export_scenes as scenes
import numpy as np
import pytest
from thin_plates import thin_plate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.geometry import Points
    from sar_models.exports import Exported

RECORDED = Path(__file__).parents[2] / "fixtures" / "qupath" / "transform_2_1.json"
_LIST = re.compile(r"\[[-+0-9.eE, ]+\]")


def structure(text: str) -> str:
    """Return the text with every list of numbers emptied: what is left is the same, or is not."""
    return _LIST.sub("[]", text)


def through_warpy(path: Path, points: Points) -> Points:
    """Map points as Warpy does: the classes by their names, one after the other."""
    return _apply(json.loads(path.read_bytes()), points)


def _apply(transform: dict[str, Any], points: Points) -> Points:
    kind = transform["type"]
    if kind == "AffineTransform3D":
        matrix = np.array(transform["affinetransform3d"]).reshape(3, 4)
        homogeneous = np.column_stack([points, np.zeros(len(points)), np.ones(len(points))])
        mapped = homogeneous @ matrix.T
        assert not mapped[:, 2].any()
        return mapped[:, :2]
    if kind == "ThinplateSplineTransform":
        return thin_plate(
            np.transpose(transform["srcPts"]), np.transpose(transform["tgtPts"]), points
        )
    if kind == "InvertibleRealTransformSequence":
        for number in range(transform["size"]):
            points = _apply(transform[f"realTransform_{number}"], points)
        return points
    assert kind in {"Wrapped2DTransformAs3D", "WrappedIterativeInvertibleRealTransform"}
    return _apply(transform["wrappedTransform"], points)


def test_a_spline_has_the_recorded_structure_byte_for_byte(write: Callable[..., Exported]) -> None:
    exported = write(scenes.bent_alignment(), "transform_2_1.json", "warpy")
    recorded = RECORDED.read_text(encoding="utf-8")
    assert structure(exported.path.read_text(encoding="utf-8")) == structure(recorded)


def test_an_affine_is_the_class_that_stands_in_the_recorded_sequence(
    write: Callable[..., Exported],
) -> None:
    exported = write(scenes.alignment(), "transform_2_1.json", "warpy")
    recorded = json.dumps(json.loads(RECORDED.read_bytes())["realTransform_0"])
    assert structure(exported.path.read_text(encoding="utf-8")) == structure(recorded)


def test_the_reading_of_this_test_follows_the_recorded_points() -> None:
    spline = json.loads(RECORDED.read_bytes())["realTransform_1"]["wrappedTransform"]
    source, target = (
        np.transpose(spline["wrappedTransform"][name]) for name in ("srcPts", "tgtPts")
    )
    assert scenes.worst(through_warpy(RECORDED, source), target) < 1e-6


@pytest.mark.parametrize(
    ("alignment", "limit_px"), [(scenes.alignment(), 0.01), (scenes.bent_alignment(), 0.5)]
)
def test_source_pixels_come_to_target_pixels(
    write: Callable[..., Exported], alignment: object, limit_px: float
) -> None:
    exported = write(alignment, "warp.json", "warpy")
    source = scenes.tissue_points(scenes.TISSUE)
    wanted = alignment.fragments[0].transform.map(source)
    assert scenes.worst(through_warpy(exported.path, source), wanted) < limit_px
    assert exported.about["direction"] == "target_from_source"


def test_inverse_maps_target_pixels_to_source_pixels(write: Callable[..., Exported]) -> None:
    exported = write(scenes.bent_alignment(), "warp.json", "warpy", inverse=True)
    source = scenes.tissue_points(scenes.TISSUE)
    target = scenes.bent().map(source)
    assert scenes.worst(through_warpy(exported.path, target), source) < 0.5


def test_pixels_are_those_that_qupath_shows(write: Callable[..., Exported]) -> None:
    """QuPath counts from the corner of the bounds, on both slides."""
    exported = write(scenes.alignment(pair=scenes.pair_with_bounds()), "warp.json", "warpy")
    source = scenes.tissue_points(scenes.TISSUE, 50)
    shown = source - [scenes.SOURCE_BOUNDS.x, scenes.SOURCE_BOUNDS.y]
    wanted = scenes.AFFINE.map(source) - [scenes.TARGET_BOUNDS.x, scenes.TARGET_BOUNDS.y]
    assert scenes.worst(through_warpy(exported.path, shown), wanted) < 0.01
    assert exported.about["from"]["frame"] == "qupath"
    assert exported.about["from"]["size_px"] == [38_000, 29_000]


def test_control_points_are_distinct_and_few(write: Callable[..., Exported]) -> None:
    """Two alike make the spline singular; programs evaluate all of them for every vertex."""
    exported = write(scenes.bent_alignment(), "warp.json", "warpy")
    spline = json.loads(exported.path.read_bytes())["realTransform_1"]["wrappedTransform"]
    points = np.transpose(spline["wrappedTransform"]["srcPts"])
    assert 16 < len(points) < 700
    assert len(np.unique(points, axis=0)) == len(points)
