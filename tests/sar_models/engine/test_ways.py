"""Which of two results of one pair is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from builders import make_alignment
from shapely.geometry import box

from sar_models.domain.alignment import Outcome
from sar_models.domain.transforms import Affine, Fragment, Piecewise
from sar_models.engine.ways import most_credible

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment

STAY = Affine.identity()
NEAR = Affine.translation((20.0, 0.0))
ELSEWHERE = Affine.translation((500.0, 300.0))


def result(outcome: Outcome, *maps: Affine, confidence: float = 0.99) -> Alignment:
    """Return a result with a piece for each map, side by side on the source."""
    pieces = [box(400 * i, 300, 400 * i + 300, 700) for i in range(len(maps))]
    fragments = tuple(
        Fragment(f"piece-{i}", piece, piece, placed, confidence)
        for i, (piece, placed) in enumerate(zip(pieces, maps, strict=True))
    )
    failure = "nothing found" if outcome is Outcome.FAILED else ""
    return make_alignment(outcome, transform=Piecewise(fragments, (), ()), failure=failure)


WHOLE = result(Outcome.ALIGNED, STAY)


def test_a_sure_piece_elsewhere_refutes_one_map_for_all() -> None:
    pieces = result(Outcome.PARTIAL, STAY, ELSEWHERE)
    assert most_credible([pieces, WHOLE]) is pieces
    assert most_credible([WHOLE, pieces]) is pieces


@pytest.mark.parametrize(
    "pieces",
    [
        result(Outcome.PARTIAL, STAY, NEAR),
        result(Outcome.PARTIAL, STAY, ELSEWHERE, confidence=0.6),
        result(Outcome.PARTIAL, ELSEWHERE),
        result(Outcome.FAILED),
    ],
    ids=["near", "unsure", "alone", "none"],
)
def test_what_refutes_nothing_gives_way_to_the_higher_outcome(pieces: Alignment) -> None:
    assert most_credible([pieces, WHOLE]) is WHOLE


def test_several_sure_pieces_refute_levels() -> None:
    levels = result(Outcome.AMBIGUOUS)
    pieces = result(Outcome.PARTIAL, STAY, ELSEWHERE)
    assert most_credible([pieces, levels]) is pieces
    unsure = result(Outcome.PARTIAL, STAY, ELSEWHERE, confidence=0.6)
    assert most_credible([unsure, levels]) is levels


def test_the_first_of_equals_is_kept() -> None:
    first, second = result(Outcome.PARTIAL, STAY), result(Outcome.PARTIAL, NEAR)
    assert most_credible([first, second]) is first
