"""OME-NGFF 0.6: a scene that declares how one coordinate system maps to the other.

Coordinates are those of an OME-Zarr image that has a scale and no translation: 0 is the centre of
the first pixel. Axes stand in the order y, x, as in the arrays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.domain.transforms import Displacement
from sar_models.exports.accuracy import Accuracy, measure
from sar_models.exports.extras import load_extra
from sar_models.exports.grid import Nodes, finer_and_finer, mapped_nodes
from sar_models.exports.linear import nearest_affine

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.transforms import Affine
    from sar_models.exports.job import Job
    from sar_models.exports.options import Units
    from sar_models.exports.smooth import SmoothMap

VERSION = "0.6"
_AXES = ("y", "x")
_UNITS: dict[Units, str | None] = {"um": "micrometer", "mm": "millimeter", "px": None}


def write_ngff(job: Job, path: Path, goal_px: float) -> Accuracy:
    """Write the map as a scene: an affine, or a displacement field beside it."""
    (smooth,) = job.maps
    ngff = load_extra("ngff_zarr", "OME-NGFF transformations")
    model = load_extra("ngff_zarr.v06.zarr_metadata", "OME-NGFF transformations")
    start, end = smooth.start, smooth.end
    ends = {
        "input": model.CoordinateSystemIdentifier(name=start.role),
        "output": model.CoordinateSystemIdentifier(name=end.role),
    }
    affine = nearest_affine(smooth)
    accuracy = measure(smooth, affine.map, "affine")
    if accuracy.exact:
        transformation = model.Affine(affine=_rows(affine), **ends)
    else:
        field, accuracy = _field(smooth, goal_px)
        # Where the specification wants parameters that are arrays.
        below = f"coordinateTransformations/{end.role}_from_{start.role}"
        image = _image(ngff, field, _UNITS[start.space.units])
        ngff.to_ome_zarr(str(path / below), image, version=VERSION)
        transformation = model.Displacements(path=below, interpolation="linear", **ends)
    systems = [
        model.CoordinateSystem(
            name=side.role,
            axes=[
                model.Axis(name=name, type="space", unit=_UNITS[side.space.units]) for name in _AXES
            ],
        )
        for side in (start, end)
    ]
    scene = ngff.NgffScene(
        images={}, coordinateTransformations=[transformation], coordinateSystems=systems
    )
    ngff.to_ome_zarr(str(path), scene, version=VERSION, overwrite=False)
    return accuracy


def _rows(affine: Affine) -> list[list[float]]:
    """Return the matrix for coordinates in the order y, x."""
    rows: list[list[float]] = affine.matrix[::-1, [1, 0, 2]].tolist()
    return rows


def _field(smooth: SmoothMap, goal_px: float) -> tuple[Displacement, Accuracy]:
    """Return the whole way from each node to its place: the specification's one entry."""
    for nodes in finer_and_finer(smooth.region, smooth.start.reach_px):
        field = _displacement(smooth, nodes)
        accuracy = measure(smooth, field.map, "displacement field")
        if accuracy.max_px <= goal_px:
            break
    return field, accuracy


def _displacement(smooth: SmoothMap, nodes: Nodes) -> Displacement:
    space = smooth.start.space
    start = space.from_level0.map(nodes.points)
    return Displacement(
        start[0],
        nodes.step * np.array(space.spacing),
        mapped_nodes(smooth, nodes) - start.reshape(*nodes.shape, 2),
        "bilinear",
    )


def _image(ngff: Any, field: Displacement, unit: str | None) -> Any:
    """Return the field as an image of one level: components dy, dx, then y, x."""
    dask = load_extra("dask.array", "OME-NGFF transformations")
    image = ngff.NgffImage(
        data=dask.from_array(np.ascontiguousarray(field.values[..., ::-1].transpose(2, 0, 1))),
        dims=("c", *_AXES),
        scale={"c": 1.0, "y": float(field.spacing[1]), "x": float(field.spacing[0])},
        translation={"c": 0.0, "y": float(field.origin[1]), "x": float(field.origin[0])},
        name="displacements",
        axes_units={name: unit for name in _AXES if unit} or None,
        axes_types={"c": "displacement"},
    )
    multiscales = ngff.to_multiscales(image, scale_factors=[])
    # One level: no method made smaller ones.
    return replace(multiscales, metadata=replace(multiscales.metadata, type=None, metadata=None))
