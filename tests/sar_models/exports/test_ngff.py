"""Scenes of OME-NGFF 0.6, read by ngff-zarr and applied by SimpleITK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import export_scenes as scenes
import numpy as np
import pytest
from ngff_scenes import map_through

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.geometry import Mpp, Points
    from sar_models.exports import Exported


def to_um(points: Points, mpp: Mpp) -> Points:
    """Return corner-origin level-0 pixels as coordinates (y, x) of an OME-Zarr image."""
    return ((points - 0.5) * [mpp.x, mpp.y])[:, ::-1]


def to_px(coordinates: Points, mpp: Mpp) -> Points:
    return coordinates[:, ::-1] / [mpp.x, mpp.y] + 0.5


@pytest.mark.parametrize(
    ("alignment", "kind", "limit_px"),
    [
        (scenes.alignment(), "affine", 0.01),
        (scenes.bent_alignment(), "displacements", 0.5),
    ],
)
def test_ngff_zarr_maps_source_points_to_the_target(
    write: Callable[..., Exported], alignment: object, kind: str, limit_px: float
) -> None:
    exported = write(alignment, "warp.ome.zarr", "ngff")
    source = scenes.tissue_points(scenes.TISSUE)
    found = map_through(exported.path, "source", "target", to_um(source, scenes.SOURCE_MPP))
    wanted = alignment.fragments[0].transform.map(source)
    assert scenes.worst(to_px(found, scenes.TARGET_MPP), wanted) < limit_px
    scene = json.loads((exported.path / "zarr.json").read_bytes())["attributes"]["ome"]["scene"]
    assert [entry["type"] for entry in scene["coordinateTransformations"]] == [kind]


def test_inverse_maps_the_target_to_the_source(write: Callable[..., Exported]) -> None:
    exported = write(scenes.bent_alignment(), "warp.ome.zarr", "ngff", inverse=True)
    source = scenes.tissue_points(scenes.TISSUE)
    target = scenes.bent().map(source)
    found = map_through(exported.path, "target", "source", to_um(target, scenes.TARGET_MPP))
    assert scenes.worst(to_px(found, scenes.SOURCE_MPP), source) < 0.5


@pytest.mark.parametrize(
    ("units", "unit"), [("um", "micrometer"), ("mm", "millimeter"), ("px", None)]
)
def test_axes_are_y_and_x_in_the_units_asked_for(
    write: Callable[..., Exported], units: str, unit: str | None
) -> None:
    exported = write(scenes.alignment(), "warp.ome.zarr", "ngff", units=units)
    attributes = json.loads((exported.path / "zarr.json").read_bytes())["attributes"]
    assert attributes["ome"]["version"] == "0.6"
    for system in attributes["ome"]["scene"]["coordinateSystems"]:
        assert [axis["name"] for axis in system["axes"]] == ["y", "x"]
        assert [axis.get("unit") for axis in system["axes"]] == [unit, unit]
    assert attributes["sar-align"]["direction"] == "target_from_source"


def test_one_transformation_maps_the_first_centre(write: Callable[..., Exported]) -> None:
    """The half pixel: 0 is the centre of the first pixel on both sides."""
    exported = write(scenes.alignment(), "warp.zarr", "ngff", units="px")
    (found,) = map_through(exported.path, "source", "target", np.zeros((1, 2)))
    (wanted,) = scenes.AFFINE.map(np.array([[0.5, 0.5]])) - 0.5
    assert found == pytest.approx(wanted[::-1], abs=1e-6)
