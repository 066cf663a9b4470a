"""Pairs whose truth is known, in which failures are planted."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sar_models.stores import ArraySlide, open_slide
from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sar_models.benchmark.landmarks import LandmarkPair
    from sar_models.domain.geometry import Points
    from sar_models.domain.slides import Slide


@dataclass(frozen=True, eq=False)
class Known:
    """An open pair and its truth.

    Parameters
    ----------
    source, target : Slide
    points, truth : (N, 2) float64
        Level-0 pixels: points of the source, and where they belong on the target.
    """

    source: Slide
    target: Slide
    points: Points
    truth: Points


class Subject(Protocol):
    """A pair that can be made or opened in a worker."""

    @property
    def name(self) -> str:
        """Which one."""
        ...

    def opened(self) -> contextlib.AbstractContextManager[Known]:
        """Open the pair."""
        ...


@dataclass(frozen=True)
class GeneratedSubject:
    """Two generated sections of one block."""

    seed: int
    size_px: int = 1000

    @property
    def name(self) -> str:
        """Seed of the pair."""
        return f"seed {self.seed}"

    @contextlib.contextmanager
    def opened(self) -> Iterator[Known]:
        """Generate the pair."""
        pair = generate_pair(self.seed, PairOptions("true", self.size_px))
        source, target = (
            ArraySlide(name, slide.image, slide.mpp)
            for name, slide in (("source", pair.source), ("target", pair.target))
        )
        yield Known(source, target, pair.landmarks, pair.target_landmarks(0))


@dataclass(frozen=True, eq=False)
class RealSubject:
    """Two real sections with human landmarks."""

    pair: LandmarkPair

    @property
    def name(self) -> str:
        """Name of the pair."""
        return self.pair.name

    @contextlib.contextmanager
    def opened(self) -> Iterator[Known]:
        """Open the slides."""
        with open_slide(self.pair.source) as source, open_slide(self.pair.target) as target:
            yield Known(source, target, self.pair.source_points, self.pair.target_points)
