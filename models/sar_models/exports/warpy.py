"""Warpy: the transform of two entries of a QuPath project, as BIOP's extension reads it.

The classes are imglib2's, written as JSON under their simple names. Points are full-resolution
pixels of the entries, corner origin, and the map goes from the entry that has the objects to the
one that receives them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sar_models.domain.transforms import Affine
from sar_models.exports.accuracy import Accuracy, measure
from sar_models.exports.linear import nearest_affine
from sar_models.exports.spline import ControlPoints, control_points

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.exports.job import Job


def write_warpy(job: Job, path: Path, goal_px: float) -> Accuracy:
    """Write the map as Warpy's ``transform_<target>_<source>.json``."""
    (smooth,) = job.maps
    affine = nearest_affine(smooth)
    accuracy = measure(smooth, affine.map, "affine")
    document = affine_document(affine)
    if not accuracy.exact:
        points, accuracy = control_points(smooth, goal_px)
        document = spline_document(points)
    path.write_text(json.dumps(document), encoding="utf-8")
    return accuracy


def affine_document(affine: Affine) -> dict[str, Any]:
    """Return an affine of the plane as imglib2's affine of space: 3 x 4, row by row."""
    (a, b, tx), (c, d, ty) = affine.matrix.tolist()
    rows = [a, b, 0.0, tx, c, d, 0.0, ty, 0.0, 0.0, 1.0, 0.0]
    return {"type": "AffineTransform3D", "affinetransform3d": rows}


def spline_document(points: ControlPoints) -> dict[str, Any]:
    """Return a spline of the plane, wrapped so that it maps space and can be inverted.

    The affines before and after turn units into pixels in Fiji's own files; here the spline
    counts in pixels itself.
    """
    spline = {
        "type": "ThinplateSplineTransform",
        "srcPts": points.start.T.tolist(),
        "tgtPts": points.end.T.tolist(),
    }
    invertible = {"type": "WrappedIterativeInvertibleRealTransform", "wrappedTransform": spline}
    return {
        "type": "InvertibleRealTransformSequence",
        "size": 3,
        "realTransform_0": affine_document(Affine.identity()),
        "realTransform_1": {"type": "Wrapped2DTransformAs3D", "wrappedTransform": invertible},
        "realTransform_2": affine_document(Affine.identity()),
    }
