"""Extractors whose descriptors do not turn with the picture: the picture is turned for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.engine.keypoints.features import Features, Turn, of_unit_length
from sar_models.engine.keypoints.pictures import picture_of, turned_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.section import Section

    Detect = Callable[[NDArray[np.uint8]], tuple[Points, NDArray[np.float32]]]


class TurnedPictures:
    """One section whose keypoints are found anew under every turn.

    Parameters
    ----------
    section : Section
    scale : float
        Pixels of the picture that is looked at per working pixel.
    detect : callable
        Finds places ``(N, 2)`` in pixels, corner origin, and descriptors ``(N, D)`` of a picture.
    any_angle : bool
        Whether descriptors are the same under any angle: then only the side matters.
    """

    def __init__(
        self, section: Section, scale: float, detect: Detect, *, any_angle: bool = False
    ) -> None:
        self._picture = picture_of(section)
        self._scale = scale
        self._detect = detect
        self._any_angle = any_angle
        self._found: dict[Turn, Features] = {}

    def features(self, turn: Turn, *, rough: bool = False) -> Features:
        """Return places and descriptors as if the section had been turned; never roughly."""
        del rough
        if self._any_angle:
            turn = Turn(mirror=turn.mirror)
        if turn not in self._found:
            picture, placed = turned_picture(self._picture, turn, self._scale)
            places, descriptors = self._detect(picture)
            self._found[turn] = Features(placed.inverse().map(places), of_unit_length(descriptors))
        return self._found[turn]
