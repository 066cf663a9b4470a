"""ITK transforms: ``.h5`` and ``.tfm``, for SimpleITK, ITK, elastix and 3D Slicer.

ITK maps points of the *fixed* image to the *moving* one, in physical coordinates whose origin is
the centre of the first pixel. A bent map is a composite: first a displacement field, then an
affine, so that it goes on sensibly where the field ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.domain.transforms import Affine, Displacement, Sequence
from sar_models.exports.accuracy import Accuracy, measure
from sar_models.exports.extras import load_extra
from sar_models.exports.grid import Nodes, finer_and_finer, mapped_nodes
from sar_models.exports.linear import nearest_affine

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.exports.job import Job
    from sar_models.exports.smooth import SmoothMap


def write_itk(job: Job, path: Path, goal_px: float) -> Accuracy:
    """Write the map as an ITK transform; the suffix of ``path`` chooses the form."""
    (smooth,) = job.maps
    sitk = load_extra("SimpleITK", "ITK transforms")
    affine = nearest_affine(smooth)
    accuracy = measure(smooth, affine.map, "affine")
    transform = _itk_affine(sitk, affine)
    if not accuracy.exact:
        field, accuracy = _bend(smooth, affine, goal_px)
        # The transform that comes last in the list is applied first.
        transform = sitk.CompositeTransform([transform, _itk_field(sitk, field)])
    sitk.WriteTransform(transform, str(path))
    return accuracy


def _bend(smooth: SmoothMap, affine: Affine, goal_px: float) -> tuple[Displacement, Accuracy]:
    """Return the field ``d`` with ``affine(p + d(p))`` within ``goal_px`` of the map."""
    for nodes in finer_and_finer(smooth.region, smooth.start.reach_px):
        field = _field(smooth, affine, nodes)
        accuracy = measure(smooth, Sequence((field, affine)).map, "affine and field")
        if accuracy.max_px <= goal_px:
            break
    return field, accuracy


def _field(smooth: SmoothMap, affine: Affine, nodes: Nodes) -> Displacement:
    space = smooth.start.space
    start = space.from_level0.map(nodes.points)
    wanted = affine.inverse().map(mapped_nodes(smooth, nodes).reshape(-1, 2))
    return Displacement(
        start[0],
        nodes.step * np.array(space.spacing),
        (wanted - start).reshape(*nodes.shape, 2),
        "bilinear",
    )


def _itk_affine(sitk: Any, affine: Affine) -> Any:
    transform = sitk.AffineTransform(2)
    transform.SetMatrix(affine.linear.ravel().tolist())
    transform.SetTranslation(affine.offset.tolist())
    return transform


def _itk_field(sitk: Any, field: Displacement) -> Any:
    image = sitk.GetImageFromArray(field.values, isVector=True)
    image.SetOrigin(field.origin.tolist())
    image.SetSpacing(field.spacing.tolist())
    return sitk.DisplacementFieldTransform(image)
