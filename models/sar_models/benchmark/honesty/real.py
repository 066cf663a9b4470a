"""Trials on real slides: pairs with human landmarks, and slides that do not belong together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from sar_models.benchmark.honesty.trials import timed
from sar_models.benchmark.honesty.verdict import (
    MISPLACED_SHARE_REAL,
    TrialResult,
    judge_true,
    judge_wrong,
    result_of,
)
from sar_models.benchmark.landmarks import LandmarkPair, read_pairs
from sar_models.benchmark.slides import read_level, slide_files, workable_level
from sar_models.benchmark.truth import truth_errors
from sar_models.stores import ArraySlide, open_slide
from sar_models.synthesis.negatives import shuffled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sar_models.benchmark.honesty.trials import Trial


@dataclass(frozen=True, eq=False)
class RealPair:
    """Neighbouring sections with human landmarks: they have to be aligned, and rightly."""

    pair: LandmarkPair
    group: str = "real"

    @property
    def name(self) -> str:
        """Name of the pair."""
        return self.pair.name

    def run(self) -> tuple[TrialResult, ...]:
        """Align and compare with the landmarks."""
        with open_slide(self.pair.source) as source, open_slide(self.pair.target) as target:
            found = timed(source, target)
        mapped = found.alignment.map(self.pair.source_points).points
        errors = truth_errors(mapped, self.pair.target_points, found.alignment.pair.target)
        verdict = judge_true(found.alignment.outcome, errors, MISPLACED_SHARE_REAL)
        return (
            result_of(self.group, self.name, verdict, found.alignment, errors, found.cpu_seconds),
        )


@dataclass(frozen=True, eq=False)
class RealMosaic:
    """A real pair whose target was cut into squares and shuffled."""

    pair: LandmarkPair
    seed: int
    group: str = "real mosaic"

    @property
    def name(self) -> str:
        """Name of the pair."""
        return self.pair.name

    def run(self) -> tuple[TrialResult, ...]:
        """Align; anything but aligned is right."""
        with open_slide(self.pair.target) as whole:
            image = shuffled(self.seed, read_level(whole, workable_level(whole.info)))
            target = ArraySlide(f"shuffled {whole.info.name}", image)
        with open_slide(self.pair.source) as source:
            found = timed(source, target)
        verdict = judge_wrong(found.alignment.outcome)
        return (
            result_of(self.group, self.name, verdict, found.alignment, None, found.cpu_seconds),
        )


@dataclass(frozen=True)
class RealUnrelated:
    """Two real slides of different tissue."""

    source: Path
    target: Path
    group: str = "real unrelated"

    @property
    def name(self) -> str:
        """Names of both files."""
        return f"{self.source.name} to {self.target.name}"

    def run(self) -> tuple[TrialResult, ...]:
        """Align; anything but aligned is right."""
        with open_slide(self.source) as source, open_slide(self.target) as target:
            found = timed(source, target)
        verdict = judge_wrong(found.alignment.outcome)
        return (
            result_of(self.group, self.name, verdict, found.alignment, None, found.cpu_seconds),
        )


def unrelated_pairs(
    strangers: Sequence[Path], pairs: Sequence[LandmarkPair] = ()
) -> list[RealUnrelated]:
    """Pair slides that share nothing, in both directions.

    Parameters
    ----------
    strangers : sequence of Path
        Slide files, each of another tissue.
    pairs : sequence of LandmarkPair
        Sections of yet other tissue: each meets every stranger.
    """
    sections = sorted({path for pair in pairs for path in (pair.source, pair.target)})
    meetings = list(permutations(strangers, 2))
    meetings += [(section, stranger) for section in sections for stranger in strangers]
    meetings += [(stranger, section) for section in sections for stranger in strangers]
    return [RealUnrelated(source, target) for source, target in meetings]


def real_trials(data: Path | None, slides: Path | None, seed: int) -> list[Trial]:
    """Return the trials on real slides.

    Parameters
    ----------
    data : Path or None
        Folder with ``pairs.csv``: each pair as it is, and with its target shuffled.
    slides : Path or None
        Folder of slides of different tissue: each against every other, and against the sections
        of ``data``.
    seed : int
        Seed of the shuffling.

    Raises
    ------
    InputError
        If a folder lacks what it has to hold.
    """
    pairs = [] if data is None else read_pairs(data)
    strangers = [] if slides is None else slide_files(slides)
    return [
        *(RealPair(pair) for pair in pairs),
        *(RealMosaic(pair, seed + index) for index, pair in enumerate(pairs)),
        *unrelated_pairs(strangers, pairs),
    ]
