"""Pictures for extractors that look at colours or grey, turned and on white glass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import EngineError
from sar_models.domain.geometry import centre_from_corner, corner_from_centre
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.keypoints.features import Turn
    from sar_models.engine.section import Section

_WHITE = (255, 255, 255)
_PREFILTER_BELOW = 0.9


def picture_of(section: Section) -> NDArray[np.uint8]:
    """Return the section as light through white glass, RGB ``(H, W, 3)``."""
    if section.colours is None:
        raise EngineError("Keypoints are to be found in a section without its colours")
    return np.rint(255.0 * np.exp(-section.colours)).astype(np.uint8)


def turned_picture(
    picture: NDArray[np.uint8], turn: Turn, scale: float
) -> tuple[NDArray[np.uint8], Affine]:
    """Return a picture turned and scaled, all of it, and ``turned_from_picture``."""
    height, width = picture.shape[:2]
    turned = turn.affine @ Affine.scaling(scale, scale)
    corners = turned.map(np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=float))
    placed = Affine.translation(-corners.min(axis=0)) @ turned
    columns, rows = np.ceil(np.ptp(corners, axis=0) - 1e-6).astype(int)
    if scale < _PREFILTER_BELOW:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale).astype(np.uint8)
    offset = centre_from_corner(placed.map(corner_from_centre(np.zeros((1, 2)))))[0]
    matrix = np.column_stack([placed.linear, offset])
    image = cv2.warpAffine(picture, matrix, (int(columns), int(rows)), borderValue=_WHITE)
    return np.asarray(image, dtype=np.uint8), placed
