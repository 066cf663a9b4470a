"""Pictures as JPEG and PNG bytes, and as data URIs for a page without other files."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import EngineError
from sar_models.domain.geometry import Size
from sar_models.report.resample import shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

_QUALITIES = (88, 80, 70, 55, 40, 25)


def jpeg(image: NDArray[np.uint8], quality: int = 88) -> bytes:
    """Return an RGB image ``(H, W, 3)`` as JPEG."""
    return _encode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])


def jpeg_within(image: NDArray[np.uint8], limit: int) -> bytes:
    """Return an RGB image as JPEG of at most ``limit`` bytes.

    Quality gives way first, then resolution: noise, which compresses badly, must not make a
    report that no mail server takes.
    """
    while True:
        for quality in _QUALITIES:
            data = jpeg(image, quality)
            if len(data) <= limit or max(image.shape[:2]) <= 32:
                return data
        image = shrink(image, Size(max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)))


def png(image: NDArray[np.uint8]) -> bytes:
    """Return a grey ``(H, W)``, RGB ``(H, W, 3)`` or RGBA ``(H, W, 4)`` image as PNG."""
    if image.ndim == 3:
        image = image[..., [2, 1, 0, 3][: image.shape[-1]]]
    return _encode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def data_uri(data: bytes, kind: str) -> str:
    """Return ``data`` as the data URI of an image of ``kind`` (``jpeg`` or ``png``)."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _encode(extension: str, image: NDArray[np.uint8], options: list[int]) -> bytes:
    done, data = cv2.imencode(extension, np.ascontiguousarray(image), options)
    if not done:
        raise EngineError(f"A picture of shape {image.shape!r} could not be written as {extension}")
    return data.tobytes()
