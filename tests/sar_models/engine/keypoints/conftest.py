"""A small pair of sections with known truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.engine import AlignOptions
from sar_models.engine.prepare import prepare_pair
from sar_models.stores import ArraySlide
from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Affine
    from sar_models.engine.prepare import PreparedPair
    from sar_models.synthesis import GeneratedPair


@dataclass(frozen=True, eq=False)
class Known:
    """Sections, and the pair they were made of."""

    pair: GeneratedPair
    prepared: PreparedPair

    def miss(self, pose: Affine) -> float:
        """Return the median error of a pose at landmarks, share of the target's diagonal."""
        source, target = (
            section.slide_from_working for section in (self.prepared.source, self.prepared.target)
        )
        found = (target @ pose @ source.inverse()).map(self.pair.landmarks)
        distance = np.linalg.norm(found - self.pair.target_landmarks(), axis=1)
        return float(np.median(distance)) / self.pair.target.size.diagonal

    def right(self, source: Points, target: Points, within: float) -> float:
        """Return the share of pairs of places, level-0 pixels, that are right."""
        assert self.pair.truth is not None
        distance = np.linalg.norm(self.pair.truth.map(source) - target, axis=1)
        return float((distance <= within * self.pair.target.size.diagonal).mean())


@pytest.fixture(scope="package")
def known() -> Known:
    """A turned, mirrored pair in two stains."""
    options = PairOptions(
        size_px=480, turn_deg=137.0, mirror=True, target_stain="ki67", organ="colon"
    )
    pair = generate_pair(5, options)
    slides = (ArraySlide(s.stain, s.image, s.mpp) for s in (pair.source, pair.target))
    prepared = prepare_pair(*slides, (pair.source.mpp, pair.target.mpp), AlignOptions())
    return Known(pair, prepared)
