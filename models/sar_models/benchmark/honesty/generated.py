"""Trials on generated pairs: right ones, wrong ones of every kind, and two levels on a slide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from sar_models.benchmark.honesty.trials import timed
from sar_models.benchmark.honesty.verdict import (
    TrialResult,
    judge_ambiguous,
    judge_true,
    judge_wrong,
    result_of,
)
from sar_models.benchmark.truth import TruthErrors, truth_errors
from sar_models.domain.geometry import Region
from sar_models.stores import ArraySlide
from sar_models.synthesis import GeneratedPair, GeneratedSlide, PairOptions, generate_pair

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.slides import Slide

WrongKind = Literal["unrelated", "near-miss", "mosaic", "blank"]
WRONG_KINDS: tuple[WrongKind, ...] = ("unrelated", "near-miss", "mosaic", "blank")

_ROOM_SHARE = 0.02
"""Glass that a person leaves around the tissue when drawing a region of interest."""


@dataclass(frozen=True)
class TruePair:
    """Two sections of one block: they have to be aligned, and rightly."""

    seed: int
    size_px: int
    group: str = "true"

    @property
    def name(self) -> str:
        """Seed of the pair."""
        return f"seed {self.seed}"

    def run(self) -> tuple[TrialResult, ...]:
        """Align and compare landmarks with the truth."""
        pair = generate_pair(self.seed, PairOptions("true", self.size_px))
        source, target = _slides(pair)
        found = timed(source, target)
        errors = _errors(found.alignment, pair)
        verdict = judge_true(found.alignment.outcome, errors)
        return (
            result_of(self.group, self.name, verdict, found.alignment, errors, found.cpu_seconds),
        )


@dataclass(frozen=True)
class WrongPair:
    """Slides that have nothing to do with each other, however alike they look."""

    kind: WrongKind
    seed: int
    size_px: int

    @property
    def group(self) -> str:
        """Kind of wrong pair."""
        return self.kind

    @property
    def name(self) -> str:
        """Seed of the pair."""
        return f"seed {self.seed}"

    def run(self) -> tuple[TrialResult, ...]:
        """Align; anything but aligned is right."""
        pair = generate_pair(self.seed, PairOptions(self.kind, self.size_px))
        found = timed(*_slides(pair))
        verdict = judge_wrong(found.alignment.outcome)
        return (
            result_of(self.group, self.name, verdict, found.alignment, None, found.cpu_seconds),
        )


@dataclass(frozen=True)
class OnePixel:
    """A slide of one pixel against a section, in both directions."""

    seed: int
    size_px: int
    group: str = "one pixel"

    @property
    def name(self) -> str:
        """Seed of the section."""
        return f"seed {self.seed}"

    def run(self) -> tuple[TrialResult, ...]:
        """Align both ways; anything but aligned is right."""
        pair = generate_pair(self.seed, PairOptions("true", self.size_px))
        section, _ = _slides(pair)
        pixel = ArraySlide("pixel", np.full((1, 1, 3), 200, dtype=np.uint8), pair.source.mpp)
        results = []
        for source, target in ((section, pixel), (pixel, section)):
            found = timed(source, target)
            verdict = judge_wrong(found.alignment.outcome)
            name = f"{self.name}, {source.info.name} to {target.info.name}"
            results.append(
                result_of(self.group, name, verdict, found.alignment, None, found.cpu_seconds)
            )
        return tuple(results)


@dataclass(frozen=True)
class TwoLevels:
    """The right section twice on the target: ambiguous, until a region of it is chosen."""

    seed: int
    size_px: int
    group: str = "two levels"

    @property
    def name(self) -> str:
        """Seed of the pair."""
        return f"seed {self.seed}"

    def run(self) -> tuple[TrialResult, ...]:
        """Align as it is, then once for each level with ``--target-roi`` around it."""
        pair = generate_pair(self.seed, PairOptions("two-levels", self.size_px))
        source, target = _slides(pair)
        found = timed(source, target)
        nearest = [_nearest(found.alignment, pair, level) for level in range(len(pair.truths))]
        worst = max(nearest, key=lambda errors: errors.median_share)
        verdict = judge_ambiguous(found.alignment.outcome, tuple(nearest))
        asked = result_of(self.group, self.name, verdict, found.alignment, worst, found.cpu_seconds)
        return (
            asked,
            *(self._settled(pair, source, target, level) for level in range(len(nearest))),
        )

    def _settled(
        self, pair: GeneratedPair, source: Slide, target: Slide, level: int
    ) -> TrialResult:
        """Choose one level: now the pair has one answer, and it has to be that one."""
        found = timed(source, target, _region(pair, level))
        errors = _errors(found.alignment, pair, level)
        verdict = judge_true(found.alignment.outcome, errors)
        name = f"{self.name}, level {level + 1}"
        return result_of("level chosen", name, verdict, found.alignment, errors, found.cpu_seconds)


def _slides(pair: GeneratedPair) -> tuple[Slide, Slide]:
    return _slide("source", pair.source), _slide("target", pair.target)


def _slide(name: str, slide: GeneratedSlide) -> Slide:
    return ArraySlide(name, slide.image, slide.mpp)


def _errors(alignment: Alignment, pair: GeneratedPair, level: int = 0) -> TruthErrors:
    found = alignment.map(pair.landmarks).points
    return truth_errors(found, pair.target_landmarks(level), alignment.pair.target)


def _nearest(alignment: Alignment, pair: GeneratedPair, level: int) -> TruthErrors:
    """Return the errors of the placement closest to a level; infinite if there is none."""
    truth, target = pair.target_landmarks(level), alignment.pair.target
    nowhere = truth_errors(np.full_like(truth, np.nan), truth, target)
    placed = (
        truth_errors(placement.target_from_source.map(pair.landmarks), truth, target)
        for placement in alignment.placements
    )
    return min(placed, key=lambda errors: errors.median_share, default=nowhere)


def _region(pair: GeneratedPair, level: int) -> Region:
    """Return the rectangle that a person would draw around one level on the target."""
    outline = pair.truths[level].map(shapely.get_coordinates(pair.tissue))
    size = pair.target.size.as_array()
    room = _ROOM_SHARE * float(size.max())
    low = np.clip(np.floor(outline.min(axis=0) - room), 0, size - 1).astype(int)
    high = np.clip(np.ceil(outline.max(axis=0) + room), low + 1, size).astype(int)
    return Region(int(low[0]), int(low[1]), *(int(v) for v in high - low))
