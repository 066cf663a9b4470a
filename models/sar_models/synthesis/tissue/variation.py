"""What two sections through one scene share, and what is new in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.synthesis.noise import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Variation:
    """Random draws of one section, partly shared with all sections of the scene.

    Parameters
    ----------
    seed : int
        Seed of the scene.
    section : int
        Number of the section; equal numbers are the same section.
    change : float
        0: every section is the same; 1: nothing smaller than a gland is shared.
    """

    seed: int
    section: int
    change: float

    def shared(self, *purpose: str) -> np.random.Generator:
        """Open the stream of ``purpose`` that all sections share."""
        return stream(self.seed, *purpose)

    def fresh(self, *purpose: str) -> np.random.Generator:
        """Open the stream of ``purpose`` that is this section's own."""
        return stream(self.seed, "section", self.section, *purpose)

    def uniform(self, shape: tuple[int, ...], *purpose: str) -> NDArray[np.float64]:
        """Draw uniform numbers in [0, 1), each row shared or fresh (probability ``change``)."""
        return self._rows(self.shared(*purpose).random(shape), self.fresh(*purpose).random(shape))

    def normal(self, shape: tuple[int, ...], *purpose: str) -> NDArray[np.float64]:
        """Draw standard normal numbers, each row shared or fresh (probability ``change``)."""
        return self._rows(
            self.shared(*purpose).standard_normal(shape),
            self.fresh(*purpose).standard_normal(shape),
        )

    def _rows(self, common: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
        replaced = self.fresh("replaced", str(len(common))).random(len(common)) < self.change
        return np.where(replaced.reshape(-1, *(1,) * (common.ndim - 1)), own, common)
