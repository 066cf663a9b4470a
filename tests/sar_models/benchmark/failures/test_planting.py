"""Failures planted in a pair whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sar_models.benchmark.failures.plots import draw_failures
from sar_models.benchmark.failures.runner import failure_trials, real_failure_trials
from sar_models.benchmark.failures.subjects import GeneratedSubject
from sar_models.benchmark.failures.trial import FailureTrial
from sar_models.domain.errors import InputError, OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.benchmark.failures.trial import Judgement

SUBJECT = GeneratedSubject(870_003, 500)


@pytest.fixture(scope="module")
def judgements() -> tuple[Judgement, ...]:
    return FailureTrial(SUBJECT, 1).run()


def test_what_was_found_is_right_and_what_was_planted_is_not_all(
    judgements: tuple[Judgement, ...],
) -> None:
    by_kind = {kind: [j for j in judgements if j.kind == kind] for kind in ("found", "bent", "off")}
    assert [len(some) for some in by_kind.values()] == [1, 2, 2]
    (found,) = by_kind["found"]
    assert found.error_share < 0.01
    assert all(bent.error_share > found.error_share for bent in by_kind["bent"])
    assert max(j.error_share for j in judgements) > 0.02


def test_wrong_ones_have_the_higher_risk(judgements: tuple[Judgement, ...]) -> None:
    wrong = [j.risk for j in judgements if j.error_share > 0.02]
    assert min(wrong) > next(j.risk for j in judgements if j.kind == "found")


def test_equal_seeds_plant_equal_failures(judgements: tuple[Judgement, ...]) -> None:
    again = FailureTrial(SUBJECT, 1).run()
    assert [j.error_share for j in again] == [j.error_share for j in judgements]


def test_a_picture_shows_them(judgements: tuple[Judgement, ...], tmp_path: Path) -> None:
    draw_failures(judgements, tmp_path / "failures.png")
    assert (tmp_path / "failures.png").stat().st_size > 10_000


def test_runs_of_different_seeds_share_no_pair() -> None:
    first, second = ({t.subject.name for t in failure_trials(seed, 5)} for seed in (0, 1))
    assert len(first) == 5
    assert not first & second


def test_how_many_pairs(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="0 pairs"):
        failure_trials(0, 0)
    with pytest.raises(InputError, match=r"pairs\.csv"):
        real_failure_trials(tmp_path, 0)
