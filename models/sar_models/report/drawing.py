"""Lines and marks on pictures for the preview files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely

from sar_models.report.palette import rgb_of
from sar_models.report.paths import in_view
from sar_models.report.raster import SHIFT, fixed_point, fixed_point_rings, mask_of, polygons_in

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.report.units import ScaleBar
    from sar_models.report.views import Image, SlideView

_WHITE = (255, 255, 255)
_HATCH_PERIOD = 12


def outline(image: Image, geometry: BaseGeometry, view: SlideView, color: str) -> None:
    """Draw a level-0 outline onto ``image``, white below the colour so that it reads anywhere."""
    for polygon in polygons_in(in_view(geometry, view)):
        rings = fixed_point_rings(polygon)
        cv2.polylines(image, rings, True, _WHITE, 4, cv2.LINE_AA, SHIFT)
        cv2.polylines(image, rings, True, rgb_of(color), 2, cv2.LINE_AA, SHIFT)


def hatch(image: Image, geometry: BaseGeometry, view: SlideView, color: str) -> None:
    """Hatch a level-0 outline on ``image``."""
    mask = mask_of(geometry, view)
    y, x = np.nonzero(mask)
    stripe = (x + y) % _HATCH_PERIOD < _HATCH_PERIOD // 3
    image[y, x] = (image[y, x] * 0.6 + 255 * 0.4).astype(np.uint8)
    image[y[stripe], x[stripe]] = rgb_of(color)


def line(image: Image, points: Points, color: str, width: int = 1) -> None:
    """Draw a line through points in pixels of ``image``, broken where they are NaN."""
    finite = np.asarray(np.isfinite(points).all(axis=1))
    for run in np.split(np.arange(len(points)), np.flatnonzero(np.diff(finite)) + 1):
        if finite[run[0]] and len(run) > 1:
            path = [fixed_point(points[run])]
            cv2.polylines(image, path, False, rgb_of(color), width, cv2.LINE_AA, SHIFT)


def dot(image: Image, point: NDArray[np.float64], color: str, radius: float = 3.5) -> None:
    """Draw a filled disc with a white rim."""
    x, y = (int(v) for v in fixed_point(point))
    size = round(radius * (1 << SHIFT))
    cv2.circle(image, (x, y), size + 16, _WHITE, -1, cv2.LINE_AA, SHIFT)
    cv2.circle(image, (x, y), size, rgb_of(color), -1, cv2.LINE_AA, SHIFT)


def number(image: Image, point: NDArray[np.float64], text: str, color: str) -> None:
    """Draw a disc with a number on it."""
    radius = max(8.0, image.shape[1] / 62)
    dot(image, point, color, radius)
    scale = radius / 20
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    at = round(float(point[0]) - width / 2), round(float(point[1]) + height / 2)
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, _WHITE, 2, cv2.LINE_AA)


def cross(image: Image, point: NDArray[np.float64], color: str, radius: float = 4.0) -> None:
    """Draw a diagonal cross."""
    for dx in (radius, -radius):
        arm = np.array([dx, radius])
        line(image, np.array([point - arm, point + arm]), color, 2)


def draw_scale_bar(image: Image, bar: ScaleBar | None) -> None:
    """Draw a scale bar into the lower left corner, if there is one."""
    height, width = image.shape[:2]
    if bar is None or min(height, width) < 100:
        return
    # OpenCV's fonts have no µ; a bar that is mislabelled "um" reads the same to everybody.
    label = bar.label.replace("µ", "u")
    x, y, long = width // 50, height - height // 40, round(bar.width_px)
    scale = width / 2000
    text_width = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0]
    top = y - round(38 * scale) - 12
    plate = image[top : y + 4, x - 6 : x + max(long, text_width) + 8]
    plate[:] = (plate * 0.2 + 255 * 0.8).astype(np.uint8)
    cv2.rectangle(image, (x, y - 6), (x + long, y - 1), (0, 0, 0), -1)
    cv2.putText(
        image, label, (x, y - 13), cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), 1, cv2.LINE_AA
    )


def blend(image: Image, rgba: NDArray[np.uint8]) -> Image:
    """Return ``image`` with an RGBA picture of the same extent on it."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.asarray(image * (1 - alpha) + rgba[..., :3] * alpha, dtype=np.uint8)


def cell(image: Image, corners: Points, color: str) -> None:
    """Fill a quadrilateral given in pixels of ``image``."""
    if shapely.Polygon(corners).area > 0:
        cv2.fillPoly(image, [fixed_point(corners)], rgb_of(color), cv2.LINE_AA, SHIFT)
