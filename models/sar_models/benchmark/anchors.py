"""``benchmark anchors``: what keypoints find on real pairs that were turned and mirrored."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.rtre import rtre
from sar_models.benchmark.slides import read_level
from sar_models.benchmark.turning import random_turn, turn_image
from sar_models.benchmark.workers import run_all
from sar_models.domain.errors import EngineError, SarAlignError
from sar_models.engine import AlignOptions
from sar_models.engine.keypoints.registry import extractor_named
from sar_models.engine.keypoints.search import AnchorSearch
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.scales import likely_scales
from sar_models.stores import ArraySlide, open_slide
from sar_models.synthesis.torn.thin_plate import fit_thin_plate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sar_models.benchmark.landmarks import LandmarkPair
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Affine, Transform
    from sar_models.engine.keypoints.search import FoundAnchors
    from sar_models.engine.prepare import PreparedPair

CORRECT_SHARE = 0.015
"""15 px of a thumbnail of 1000 px, the target's long side."""
USABLE_SHARE = 0.02
"""Median landmark error of a usable pose, in diagonals of the target."""


@dataclass(frozen=True)
class Correct:
    """How many pairs of places there are, and how many of them are right."""

    found: int
    right: int

    @property
    def precision(self) -> float:
        """Share that is right; 0 where there is none."""
        return self.right / self.found if self.found else 0.0


@dataclass(frozen=True)
class AnchorScore:
    """What one extractor found on one pair.

    Parameters
    ----------
    name, anchors : str
        Of the pair, and of the extractor.
    turn_deg, mirrored : float, bool
        How the source was turned.
    matches : Correct
        Places that are each other's best match, under the turn that most agree with.
    in_groups : Correct
        Matches in groups that one similarity explains.
    groups : tuple of int
        Their sizes.
    margin : float
        Agreeing matches over those of the best other turn.
    pose_error : float
        Median landmark error of the pose, in diagonals of the target; infinite
        without a pose.
    cpu_seconds : float
        Keypoints, all turns, matching and groups; not reading and tissue.
    """

    name: str
    anchors: str
    turn_deg: float
    mirrored: bool
    matches: Correct
    in_groups: Correct
    groups: tuple[int, ...]
    margin: float
    pose_error: float
    cpu_seconds: float

    @property
    def usable(self) -> bool:
        """Whether a registration could start from the pose."""
        return self.pose_error < USABLE_SHARE


@dataclass(frozen=True, eq=False)
class AnchorTrial:
    """One pair, turned in one way, for one extractor.

    Parameters
    ----------
    pair : LandmarkPair
    index, seed : int
        Of the turn: all extractors see the same one.
    anchors : str
        Name of the extractor.
    weights : Path or None
        Of an extractor that has to be given some.
    """

    pair: LandmarkPair
    index: int
    seed: int
    anchors: str
    weights: Path | None

    def run(self) -> AnchorScore:
        """Find anchors and hold them against a smooth map through the landmarks."""
        images = []
        for path in (self.pair.source, self.pair.target):
            with open_slide(path) as slide:
                images.append(read_level(slide, 0))
        height, width = images[0].shape[:2]
        turn = random_turn((width, height), self.seed, self.index)
        source = ArraySlide("source", turn_image(images[0], turn))
        target = ArraySlide("target", images[1])
        prepared = prepare_pair(source, target, (None, None), AlignOptions())
        extractor = extractor_named(self.anchors, self.weights)
        scale = likely_scales(prepared.source, prepared.target)[0]
        begin = time.process_time()
        found = AnchorSearch(extractor).search(prepared.source, prepared.target, scale)
        cpu_seconds = time.process_time() - begin
        points = turn.map(self.pair.source_points)
        truth = fit_thin_plate(points, self.pair.target_points, source.info.size)
        tolerance_px = CORRECT_SHARE * max(images[1].shape[:2])
        matches, in_groups = _judged(found, prepared, truth, tolerance_px)
        pose = _slide_pose(found, prepared)
        error = np.inf
        if pose is not None:
            errors = rtre(pose.map(points), self.pair.target_points, target.info.size)
            error = float(np.median(errors))
        return AnchorScore(
            self.pair.name,
            self.anchors,
            turn.rotation_deg,
            turn.mirrored,
            matches,
            in_groups,
            tuple(len(group) for group in found.groups),
            found.margin,
            error,
            cpu_seconds,
        )


def score_anchors(
    pairs: Sequence[LandmarkPair],
    names: Sequence[str],
    weights: Path | None = None,
    seed: int = 0,
    workers: int = 1,
) -> Iterator[AnchorScore]:
    """Yield the score of every pair with every extractor, as they end.

    Raises
    ------
    OptionError
        If an extractor is unknown, or what it needs is missing.
    InputError
        If weights cannot be read.
    EngineError
        If a trial ended with an error.
    """
    for name in names:
        # What is missing is told before anything long begins.
        extractor_named(name, weights)
    trials = [
        AnchorTrial(pair, index, seed, name, weights)
        for name in names
        for index, pair in enumerate(pairs)
    ]
    for index, score, error in run_all(trials, workers):
        if isinstance(error, SarAlignError):
            raise error
        if score is None:
            trial = trials[index]
            raise EngineError(
                f"Anchors {trial.anchors!r} ended with an error on {trial.pair.name!r}: {error}"
            ) from error
        yield score


def _judged(
    found: FoundAnchors, prepared: PreparedPair, truth: Transform, tolerance_px: float
) -> tuple[Correct, Correct]:
    first = found.rounds[0].matches
    source, target = prepared.source.slide_from_working, prepared.target.slide_from_working
    anchors = found.anchors(prepared.source, prepared.target)
    return (
        _correct(source.map(first.source), target.map(first.target), truth, tolerance_px),
        _correct(
            anchors.source[anchors.inlier], anchors.target[anchors.inlier], truth, tolerance_px
        ),
    )


def _correct(source: Points, target: Points, truth: Transform, tolerance_px: float) -> Correct:
    distance = np.linalg.norm(truth.map(source) - target, axis=1)
    return Correct(len(source), int((distance <= tolerance_px).sum()))


def _slide_pose(found: FoundAnchors, prepared: PreparedPair) -> Affine | None:
    pose = found.target_from_source
    if pose is None:
        return None
    source, target = prepared.source.slide_from_working, prepared.target.slide_from_working
    return target @ pose @ source.inverse()
