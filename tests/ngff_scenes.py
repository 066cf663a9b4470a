"""Scenes of OME-NGFF read by programs that are not ours.

ngff-zarr reads the store and turns each transformation into one of ITK, which SimpleITK applies.
Only the way through the graph of coordinate systems is walked here; the published conformance
cases say whether all that is right (``test_ngff_conformance.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ngff_zarr
import numpy as np
import SimpleITK as sitk
import zarr

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike

AXES = ("y", "x")


@dataclass(frozen=True)
class Step:
    """A transformation from one coordinate system to another."""

    input: str
    output: str
    transformation: Any
    fields: dict[str, Any]


def map_through(store: Path, start: str, end: str, coordinates: ArrayLike) -> np.ndarray:
    """Return coordinates ``(N, 2)`` (y, x) of the system ``start`` in the system ``end``."""
    found = np.asarray(coordinates, dtype=np.float64)
    for step, forward in _way(_steps(store), start, end):
        found = _apply(step, forward, found)
    return found


def _steps(store: Path) -> list[Step]:
    scene = ngff_zarr.from_ome_zarr(str(store), kind="scene")
    written = zarr.open_group(store, mode="r").attrs["ome"]["scene"]["coordinateTransformations"]
    return [
        Step(raw["input"]["name"], raw["output"]["name"], parsed, _fields(store, parsed))
        for raw, parsed in zip(written, scene.coordinateTransformations, strict=True)
    ]


def _fields(store: Path, transformation: Any) -> dict[str, Any]:
    path = getattr(transformation, "path", None)
    return {} if path is None else {path: ngff_zarr.from_ome_zarr(str(store / path))}


def _way(steps: list[Step], start: str, end: str) -> list[tuple[Step, bool]]:
    """Return the steps from one system to the other, each forward or backward."""
    reached: dict[str, list[tuple[Step, bool]]] = {}
    if any(start in (step.input, step.output) for step in steps):
        reached[start] = []
    for _ in steps:
        for step in steps:
            for here, there, forward in (
                (step.input, step.output, True),
                (step.output, step.input, False),
            ):
                if here in reached and there not in reached:
                    reached[there] = [*reached[here], (step, forward)]
    if end not in reached:
        raise LookupError(f"no way from {start!r} to {end!r}")
    return reached[end]


def _apply(step: Step, forward: bool, coordinates: np.ndarray) -> np.ndarray:
    transformation = step.transformation
    if transformation.type == "bijection" and not forward:
        transformation, forward = transformation.inverse, True
    (itk,) = ngff_zarr.ngff_transform_to_itk_transform(transformation, AXES, fields=step.fields)
    transform = _simple_itk(itk)
    transform = transform if forward else transform.GetInverse()
    # ITK counts x first.
    mapped = [transform.TransformPoint(point[::-1].tolist())[::-1] for point in coordinates]
    return np.array(mapped)


def _simple_itk(itk: Any) -> sitk.Transform:
    kind = itk.transformType.transformParameterization.value
    parameters, fixed = np.asarray(itk.parameters), np.asarray(itk.fixedParameters)
    if kind == "Affine":
        transform = sitk.AffineTransform(2)
        transform.SetParameters(parameters.tolist())
        transform.SetFixedParameters(fixed.tolist())
        return transform
    assert kind == "DisplacementField"
    columns, rows = (int(n) for n in fixed[:2])
    image = sitk.GetImageFromArray(parameters.reshape(rows, columns, 2), isVector=True)
    image.SetOrigin(fixed[2:4].tolist())
    image.SetSpacing(fixed[4:6].tolist())
    image.SetDirection(fixed[6:10].tolist())
    return sitk.DisplacementFieldTransform(image)
