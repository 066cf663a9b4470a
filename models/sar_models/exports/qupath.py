"""The six numbers that QuPath's interactive image alignment takes.

QuPath reads plain decimals alone: ``1e-05`` is 1 to it, and brackets are an error. Its own four
decimals would cost pixels on a whole slide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.transforms import Affine
from sar_models.exports.accuracy import Accuracy, measure
from sar_models.exports.linear import nearest_affine

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.exports.job import Job

_DECIMALS = 10


def write_qupath(job: Job, path: Path, goal_px: float) -> Accuracy:
    """Write the affine from the image in the viewer to the overlay, as its text box shows it."""
    (smooth,) = job.maps
    rounded = np.round(nearest_affine(smooth).matrix, _DECIMALS)
    path.write_text(affine_text(rounded), encoding="ascii")
    return measure(smooth, Affine(rounded).map, "affine")


def affine_text(matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> str:
    """Return the text of a ``(2, 3)`` matrix: commas and tabs, one row a line."""
    return "\n".join(
        "\t".join(f"{value:.{_DECIMALS}f}," for value in row) for row in matrix.tolist()
    ).removesuffix(",")
