"""OpenCV's SIFT: the fallback that needs no training, seldom enough across stains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.geometry import as_points, corner_from_centre
from sar_models.engine.keypoints.features import Turn
from sar_models.engine.keypoints.turnable import TurnedPictures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.section import Section

_WORDS = 128


@dataclass(frozen=True)
class SiftExtractor:
    """SIFT on grey, with the square roots of its histograms (RootSIFT)."""

    count: int = 2048
    """Most keypoints on each section."""
    turns: tuple[Turn, ...] = (Turn(), Turn(mirror=True))
    """Descriptors turn with the tissue, but have a side."""
    least_margin: float = 0.0
    """Every match of each other counts: the consensus sorts them out."""

    def extract(
        self, source: Section, target: Section, scale: float
    ) -> tuple[TurnedPictures, TurnedPictures]:
        """Return both sides of a pair at one scale."""
        return (
            TurnedPictures(source, scale, self._detect, any_angle=True),
            TurnedPictures(target, 1.0, self._detect, any_angle=True),
        )

    def _detect(self, picture: NDArray[np.uint8]) -> tuple[Points, NDArray[np.float32]]:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        sift = cv2.SIFT.create(nfeatures=self.count)
        keypoints, words = sift.detectAndCompute(grey, np.empty(0, np.uint8))
        if not keypoints:
            return as_points([]), np.zeros((0, _WORDS), dtype=np.float32)
        share = words / np.maximum(np.abs(words).sum(axis=1, keepdims=True), 1e-9)
        places = corner_from_centre([keypoint.pt for keypoint in keypoints])
        return places, np.sqrt(share).astype(np.float32)
