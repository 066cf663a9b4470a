"""Placements split into those that fit and those that fit by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.ambiguity import Ranking, split_candidates
from sar_models.engine.contrast import ShiftContrast
from sar_models.engine.placing import Candidate
from sar_models.engine.poses import Pose
from sar_models.engine.section import Section

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOCAL = np.zeros((2, 2), dtype=np.float32)


MIDDLE = np.array([50.0, 50.0])


def candidate(placed: Affine, score: float, contrast: float) -> Candidate:
    fit = ShiftContrast(0.5, contrast, 0.0, LOCAL, LOCAL)
    return Candidate(placed, Pose(placed, score, 0.5), fit, "density")


def candidates(*contrasts: float) -> list[Candidate]:
    """Return placements of the same tissue, each with another turn about its middle."""
    found = []
    for index, contrast in enumerate(contrasts):
        turn = Affine.from_similarity(np.deg2rad(40.0 * index))
        placed = Affine.translation(MIDDLE) @ turn @ Affine.translation(-MIDDLE)
        found.append(candidate(placed, 1.0 - 0.1 * index, contrast))
    return found


def section(tissue: NDArray[np.float32]) -> Section:
    return Section(tissue, tissue, tissue, tissue, tissue, Affine.identity())


def split_on(found: list[Candidate], target: Section) -> Ranking:
    source = section(np.ones((100, 100), dtype=np.float32))
    return split_candidates(found, [each.pose for each in found], source, target)


def split(*contrasts: float) -> Ranking:
    return split_on(candidates(*contrasts), section(np.ones((100, 100), dtype=np.float32)))


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


def test_places_of_different_parts_are_no_levels() -> None:
    # Two pieces that touch: where one of them lies on tissue, the other one hangs on glass.
    tissue = np.zeros((100, 100), dtype=np.float32)
    tissue[:, :50] = 1.0
    places = [Affine.identity(), Affine.translation((-50.0, 0.0)), Affine.translation((40.0, 40.0))]
    found = [
        candidate(placed, score, contrast)
        for placed, score, contrast in zip(places, (1.0, 0.9, 0.8), (0.4, 0.38, 0.1), strict=True)
    ]
    assert len(split_on(found, section(tissue)).best) == 1
    found[1] = candidate(Affine.translation((-10.0, 0.0)), 0.9, 0.38)
    assert len(split_on(found, section(tissue)).best) == 2


def test_accidents_that_are_all_alike_are_no_levels() -> None:
    assert len(split(0.1, 0.099, 0.098, 0.097, 0.096, 0.095).best) == 1


@pytest.mark.parametrize("contrasts", [(0.0, -0.1), (-0.05, -0.06, -0.2), (-0.1,)])
def test_where_nothing_fits_the_first_leads_by_nothing(contrasts: tuple[float, ...]) -> None:
    ranking = split(*contrasts)
    assert len(ranking.best) == 1
    assert ranking.best[0].contrast == contrasts[0]
    assert ranking.alone.contrast_ratio == 1.0
