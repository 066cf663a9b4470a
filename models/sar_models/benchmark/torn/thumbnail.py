"""The scale at which torn pairs are judged: a thumbnail of 1000 px, whatever the slide's size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sar_models.synthesis import TornPair

LONG_SIDE_PX = 1000


@dataclass(frozen=True)
class Thumbnail:
    """Level-0 pixels of both slides per pixel of the thumbnail.

    Parameters
    ----------
    source_px : float
        The thumbnail shows the source slide on 1000 px.
    target_px : float
        The same length of tissue on the target, by the pixel sizes of both slides.
    """

    source_px: float
    target_px: float

    @classmethod
    def of(cls, pair: TornPair) -> Thumbnail:
        """Return the scale of a pair."""
        size = pair.source.size
        source_px = max(size.width, size.height) / LONG_SIDE_PX
        return cls(source_px, source_px * pair.source.mpp.mean / pair.target.mpp.mean)
