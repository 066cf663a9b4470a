"""How a piece was turned by an alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points


def found_pose(alignment: Alignment, points: Points) -> tuple[float, bool] | None:
    """Return by how many degrees (-180, 180] a piece was turned, and whether it was mirrored.

    Parameters
    ----------
    alignment : Alignment
    points : (N, 2) array
        On the piece, source level-0 pixels. The fragment that most of them follow counts.

    Returns
    -------
    (float, bool) or None
        ``None`` where no point has a place.
    """
    followed = alignment.map(points).fragment
    if not (followed >= 0).any():
        return None
    most = int(np.argmax(np.bincount(followed[followed >= 0])))
    jacobians = alignment.fragments[most].transform.jacobian(points[followed == most])
    pose = Affine.from_linear(jacobians.mean(axis=0), np.zeros(2))
    return pose.rotation_deg, pose.mirrored
