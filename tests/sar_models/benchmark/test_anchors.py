"""Anchors against the truth: trials, totals, comparisons and the picture of them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from skimage.io import imread, imsave

from sar_models.benchmark.anchor_plots import draw_anchors
from sar_models.benchmark.anchor_totals import duels, totals
from sar_models.benchmark.anchors import AnchorScore, AnchorTrial, Correct, score_anchors
from sar_models.benchmark.landmarks import LandmarkPair
from sar_models.domain.errors import OptionError
from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from pathlib import Path

SCORE = AnchorScore(
    "one", "scene", 30.0, True, Correct(100, 80), Correct(70, 70), (50, 20), 4.0, 0.01, 2.0
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> LandmarkPair:
    """A generated pair as files, with landmarks on a grid."""
    folder = tmp_path_factory.mktemp("pair")
    made = generate_pair(3, PairOptions(size_px=400, turn_deg=20.0, mirror=False))
    assert made.truth is not None
    for name, slide in (("source", made.source), ("target", made.target)):
        imsave(folder / f"{name}.png", slide.image)
    x = np.linspace(80.0, 320.0, 5)
    points = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    return LandmarkPair(
        "generated", folder / "source.png", folder / "target.png", points, made.truth.map(points)
    )


def test_a_trial_is_judged_by_the_landmarks(pair: LandmarkPair) -> None:
    score = AnchorTrial(pair, 1, 0, "scene", None).run()
    assert score.usable
    assert score.matches.right <= score.matches.found
    assert score.in_groups.found == sum(score.groups)
    assert score.in_groups.precision > 0.8
    assert score.cpu_seconds > 0


def test_landmarks_of_another_place_make_it_wrong(pair: LandmarkPair) -> None:
    shifted = replace(pair, target_points=pair.target_points + 60.0)
    score = AnchorTrial(shifted, 1, 0, "scene", None).run()
    assert not score.usable
    assert score.matches.precision < 0.1


def test_what_is_missing_is_told_before_anything_begins(pair: LandmarkPair) -> None:
    with pytest.raises(OptionError, match="need weights"):
        next(score_anchors([pair], ["scene", "aliked"]))


def test_totals_are_medians_and_counts() -> None:
    lost = replace(SCORE, name="two", matches=Correct(50, 10), pose_error=math.inf)
    (total,) = totals([SCORE, lost])
    assert (total.pairs, total.usable) == (2, 1)
    assert total.right_matches == 45
    assert total.precision == pytest.approx(0.5)
    assert total.median_pose_error == math.inf
    assert Correct(0, 0).precision == 0.0


def test_a_duel_counts_pairs() -> None:
    weaker = replace(SCORE, anchors="sift", matches=Correct(100, 70))
    fewer = replace(SCORE, name="two", matches=Correct(60, 59))
    more = replace(SCORE, name="two", anchors="sift", matches=Correct(90, 60))
    (duel,) = duels([SCORE, weaker, fewer, more])
    assert (duel.first, duel.second, duel.pairs) == ("scene", "sift", 2)
    assert (duel.right_matches, duel.precision, duel.both, duel.both_in_groups) == (1, 2, 1, 2)


def test_the_picture_shows_all(tmp_path: Path) -> None:
    scores = [
        replace(SCORE, name=f"tissue_{pair}", anchors=anchors, pose_error=error)
        for pair, error in (("he_ki67", 0.01), ("he_cd31", math.inf))
        for anchors in ("scene", "sift")
    ]
    draw_anchors(scores, tmp_path / "anchors.png")
    picture = imread(tmp_path / "anchors.png")
    assert picture.shape[1] == 1500
    assert picture.std() > 5
