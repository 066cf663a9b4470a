"""Placements split into those that fit and those that fit by accident."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.ambiguity import Ranking, split_candidates
from sar_models.engine.contrast import ShiftContrast
from sar_models.engine.placing import Candidate
from sar_models.engine.poses import Pose
from sar_models.engine.section import Section

LOCAL = np.zeros((2, 2), dtype=np.float32)


def candidates(*contrasts: float) -> list[Candidate]:
    """Return placements far from one another, each with another turn."""
    found = []
    for index, contrast in enumerate(contrasts):
        turn = Affine.from_similarity(np.deg2rad(40.0 * index), 1.0, (60.0 * index, 0.0))
        pose = Pose(turn, 1.0 - 0.1 * index, 0.5)
        found.append(
            Candidate(turn, pose, ShiftContrast(0.5, contrast, 0.0, LOCAL, LOCAL), "density")
        )
    return found


def split(*contrasts: float) -> Ranking:
    tissue = np.ones((100, 100), dtype=np.float32)
    section = Section(tissue, tissue, tissue, tissue, tissue, Affine.identity())
    found = candidates(*contrasts)
    return split_candidates(found, [each.pose for each in found], section, section)


def test_one_that_stands_out_is_alone() -> None:
    ranking = split(0.4, 0.1, 0.09)
    assert len(ranking.best) == 1
    assert ranking.alone.contrast_ratio == pytest.approx(4.0)
    assert ranking.alone == ranking.together
    assert ranking.alone.found_first


def test_two_that_stand_out_together_are_levels() -> None:
    ranking = split(0.4, 0.38, 0.1)
    assert len(ranking.best) == 2
    assert ranking.together.contrast_ratio == pytest.approx(3.8)
    assert ranking.alone.contrast_ratio == pytest.approx(0.4 / 0.38)


def test_accidents_that_are_all_alike_are_no_levels() -> None:
    assert len(split(0.1, 0.099, 0.098, 0.097, 0.096, 0.095).best) == 1


@pytest.mark.parametrize("contrasts", [(0.0, -0.1), (-0.05, -0.06, -0.2), (-0.1,)])
def test_where_nothing_fits_the_first_leads_by_nothing(contrasts: tuple[float, ...]) -> None:
    ranking = split(*contrasts)
    assert len(ranking.best) == 1
    assert ranking.best[0].contrast == contrasts[0]
    assert ranking.alone.contrast_ratio == 1.0
