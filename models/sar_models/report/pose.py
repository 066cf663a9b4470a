"""Turn, scale and mirror image of a fragment, whatever its transform is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from sar_models.domain.slides import SlidePair
    from sar_models.domain.transforms import Fragment

_MIN_POINTS = 3


@dataclass(frozen=True)
class Pose:
    """How a fragment lies, by the affine map that fits its outline best.

    Parameters
    ----------
    rotation_deg : float
        Clockwise on screen, (-180, 180].
    scale : float
        Change of length: in micrometres when both slides have them, else in pixels.
    mirrored : bool
    physical : bool
        Whether ``scale`` compares micrometres.
    """

    rotation_deg: float
    scale: float
    mirrored: bool
    physical: bool


def pose_of(fragment: Fragment, pair: SlidePair) -> Pose | None:
    """Return the pose of a fragment, or nothing when too little of its outline maps."""
    source = shapely.get_coordinates(fragment.source)
    target = fragment.transform.map(source)
    kept = np.isfinite(target).all(axis=1)
    source, target = source[kept], target[kept]
    if len(np.unique(source, axis=0)) < _MIN_POINTS:
        return None
    design = np.column_stack([source - source.mean(axis=0), np.ones(len(source))])
    fit, _, rank, _ = np.linalg.lstsq(design, target, rcond=None)
    linear = fit[:2].T
    if rank < _MIN_POINTS or abs(np.linalg.det(linear)) < 1e-12:
        return None
    affine = Affine.from_linear(linear, fit[2])
    mpp = pair.source.mpp, pair.target.mpp
    ratio = 1.0 if mpp[0] is None or mpp[1] is None else mpp[1].mean / mpp[0].mean
    known = mpp[0] is not None and mpp[1] is not None
    return Pose(affine.rotation_deg, affine.scale * ratio, affine.mirrored, known)
