"""Small pictures of alignment folders, for lists of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.geometry import Size
from sar_models.report.encode import data_uri, jpeg
from sar_models.report.resample import shrink

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("overlay.jpg", "placement-1.jpg", "target.jpg")
_QUALITY = 72


def thumbnail(folder: Path, long_side_px: int = 300) -> str:
    """Return the most telling preview of an alignment folder, small, as data URI.

    Empty where the folder has none that can be read.
    """
    for name in _NAMES:
        path = folder / "preview" / name
        if not path.is_file():
            continue
        found = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        if found is None:
            continue
        height, width = found.shape[:2]
        scale = min(1.0, long_side_px / max(height, width))
        size = Size(max(1, round(width * scale)), max(1, round(height * scale)))
        picture = np.ascontiguousarray(found[..., ::-1]).astype(np.uint8)
        return data_uri(jpeg(shrink(picture, size), _QUALITY), "jpeg")
    return ""
