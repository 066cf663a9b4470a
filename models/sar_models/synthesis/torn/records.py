"""Torn pairs: two slides, the pieces that lie on them, and everything that is true about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Outline, Transform
    from sar_models.synthesis.pairs import GeneratedSlide
    from sar_models.synthesis.torn.options import TornOptions


@dataclass(frozen=True, eq=False)
class TornPiece:
    """A piece of the block, on both slides or on one of them.

    Parameters
    ----------
    id : str
        ``piece-1``, ``piece-2`` and so on, unique in its pair.
    source, target : Polygon, MultiPolygon or None
        Its visible tissue in level-0 pixels of each slide; ``None`` where the slide has lost it.
    target_from_source : Transform or None
        Level-0 pixels, exact on the piece; ``None`` unless it is on both slides.
    turn_deg : float
        Turn of the target against the source once a mirror at the y axis is taken out, clockwise
        on screen, (-180, 180]; NaN unless it is on both slides.
    mirrored : bool
        Whether it lies upside down on the target.
    """

    id: str
    source: Outline | None
    target: Outline | None
    target_from_source: Transform | None
    turn_deg: float
    mirrored: bool


@dataclass(frozen=True, eq=False)
class TornPair:
    """Two slides of torn tissue and everything that is true about them.

    Parameters
    ----------
    seed, options : int, TornOptions
        What it was made from; equal ones give equal pairs under one `TORN_VERSION`.
    source, target : GeneratedSlide
        The slides.
    pieces : tuple of TornPiece
        All of them, also the lost ones.
    foreign_source, foreign_target : tuple of Polygon or MultiPolygon
        Control or foreign tissue, level-0 pixels of each slide.
    landmarks, target_landmarks : (N, 2) arrays
        Places on pieces that are on both slides, source pixels, and their true places on the
        target (a person's landmarks where the slides are real).
    landmark_piece : (N,) array of int
        Index into ``pieces`` for each landmark.
    annotations : tuple of Annotation
        On the source; empty for real slides.
    """

    seed: int
    options: TornOptions
    source: GeneratedSlide
    target: GeneratedSlide
    pieces: tuple[TornPiece, ...]
    foreign_source: tuple[Outline, ...]
    foreign_target: tuple[Outline, ...]
    landmarks: Points
    target_landmarks: Points
    landmark_piece: NDArray[np.intp]
    annotations: tuple[Annotation, ...]
