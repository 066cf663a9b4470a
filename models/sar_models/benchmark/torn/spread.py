"""A few of many points, spread as evenly as they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points


def spread(points: Points, count: int) -> NDArray[np.intp]:
    """Return the indices of ``count`` of the points ``(N, 2)``, as far from each other as can be.

    The farthest-point rule (Gonzalez, 1985), from the point nearest to the middle on; all points
    if there are no more.
    """
    if len(points) <= count:
        return np.arange(len(points))
    chosen = [int(np.argmin(np.linalg.norm(points - points.mean(axis=0), axis=1)))]
    distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < count:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen)
