from __future__ import annotations

import numpy as np
import pytest
from shapely import LineString

from sar_models.domain.errors import OptionError
from sar_models.synthesis import TornOptions
from sar_models.synthesis.torn.options import decide_torn
from sar_models.synthesis.torn.tearing import LEAST_SHARE, tear_up


@pytest.mark.parametrize(
    "bad",
    [
        {"pieces": 0},
        {"pieces": 7},
        {"pieces": 2.5},
        {"source_arrangement": "torn"},
        {"mirrored_share": 1.2},
        {"mirrored_share": float("nan")},
        {"target_lost": 6},
        {"source_lost": -1},
        {"target_controls": 4},
        {"source_controls": 4},
        {"size_px": 50},
        {"mpp": 0.0},
        {"section_change": 2.0},
        {"max_deformation_px": -1.0},
        {"pieces": 2, "target_lost": 2},
        {"pieces": 3, "target_lost": 1, "source_lost": 2},
        {"source_arrangement": "whole", "source_lost": 1},
    ],
)
def test_impossible_options_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        TornOptions(**bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [{"organ": "spleen"}, {"source_stain": "giemsa"}])
def test_unknown_names_are_refused(bad: dict[str, str]) -> None:
    with pytest.raises(OptionError, match=next(iter(bad.values()))):
        decide_torn(1, TornOptions(**bad))  # type: ignore[arg-type]


def test_what_is_drawn_fits_together() -> None:
    seen = [decide_torn(seed, TornOptions()) for seed in range(200)]
    for choices in seen:
        lost = choices.lost_on_source | choices.lost_on_target
        assert len(lost) == len(choices.lost_on_source) + len(choices.lost_on_target)
        assert len(lost) < choices.pieces
        assert all(0 <= index < choices.pieces for index in lost | choices.mirrored)
        assert choices.arrangement != "whole" or not choices.lost_on_source
        assert 4.0 <= choices.max_deformation_px <= 12.0
    assert {choices.pieces for choices in seen} == {1, 2, 3, 4, 5, 6}
    for name in ("overlap", "folds", "mirrored", "lost_on_source", "lost_on_target"):
        share = np.mean([bool(getattr(choices, name)) for choices in seen])
        assert 0.05 < share < 0.8, name


def test_fixing_one_choice_leaves_the_others() -> None:
    free = decide_torn(9, TornOptions())
    fixed = decide_torn(9, TornOptions(target_controls=3, folds=True))
    assert (fixed.target_controls, fixed.folds) == (3, True)
    for name in ("pieces", "arrangement", "organ", "outline", "mirrored", "lost_on_target"):
        assert getattr(fixed, name) == getattr(free, name)


def test_losses_that_are_asked_for_happen() -> None:
    for seed in range(30):
        choices = decide_torn(seed, TornOptions(target_lost=2, source_lost=1))
        assert (len(choices.lost_on_target), len(choices.lost_on_source)) == (2, 1)
        assert choices.pieces >= 4
        assert choices.arrangement != "whole"


@pytest.mark.parametrize("count", [1, 2, 6])
def test_pieces_leave_no_gap_and_are_no_slivers(count: int) -> None:
    block = LineString([(0, 0), (2000, 300)]).buffer(500.0)
    pieces, tears = tear_up(np.random.default_rng(3), block, count, 1.0)
    assert (len(pieces), len(tears)) == (count, count - 1)
    areas = np.array([piece.area for piece in pieces])
    assert areas.sum() == pytest.approx(block.area, rel=1e-6)
    assert areas.min() > LEAST_SHARE * block.area


def test_too_many_pieces_for_a_block_are_refused() -> None:
    block = LineString([(0, 0), (2000, 0)]).buffer(400.0)
    with pytest.raises(OptionError, match="12 pieces"):
        tear_up(np.random.default_rng(3), block, 12, 1.0)
