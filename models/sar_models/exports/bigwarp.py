"""BigWarp: landmarks as CSV, for Fiji.

BigWarp fits its own spline from the fixed to the moving image through the landmarks; the points
are chosen, and their error is measured, for that spline.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from sar_models.exports.spline import control_points

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.exports.accuracy import Accuracy
    from sar_models.exports.job import Job


def write_bigwarp(job: Job, path: Path, goal_px: float) -> Accuracy:
    """Write landmarks: name, active, moving x and y, fixed x and y; no header."""
    (smooth,) = job.maps
    points, accuracy = control_points(smooth, goal_px)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, (fixed, moving) in enumerate(zip(points.start, points.end, strict=True)):
            # repr: the shortest text that reads back as the same number.
            numbers = [repr(float(value)) for value in (*moving, *fixed)]
            rows.writerow([f"Pt-{number}", "true", *numbers])
    return accuracy
