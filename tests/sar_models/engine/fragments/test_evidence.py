"""What speaks for the placement of one piece, and how much of it a piece needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sar_models.engine.ambiguity import Lead
from sar_models.engine.fragments.evidence import needed, weigh_piece, weigh_place
from sar_models.engine.quality import PARTIAL_FROM, weigh

LEADS = st.builds(Lead, st.floats(0.1, 10.0), st.floats(0.1, 10.0), st.booleans())
SHARES = st.floats(0.0, 1.0)


@given(LEADS, SHARES, st.floats(1.0, 5.0))
def test_a_greater_lead_never_tells_less(lead: Lead, support: float, more: float) -> None:
    total = weigh_piece(lead, support).total
    clearer = replace(lead, contrast_ratio=lead.contrast_ratio * more)
    turned = replace(lead, pose_margin=lead.pose_margin * more)
    first = replace(lead, found_first=True)
    for better in (clearer, turned, first):
        assert weigh_piece(better, support).total >= total
    assert weigh_piece(lead, min(support * more, 1.0)).total >= total


def test_a_contrast_that_leads_by_more_tells_more_until_it_is_clear() -> None:
    ratios = [weigh_piece(Lead(ratio, 1.0, False), 0.5).ratio for ratio in (1.0, 1.2, 1.4, 1.7)]
    assert ratios[0] == 0
    assert (np.diff(ratios) > 0.2).all()
    far, farther = (weigh_piece(Lead(ratio, 1.0, False), 0.5).ratio for ratio in (1e2, 1e4))
    assert far == farther > ratios[-1]
    assert weigh_piece(Lead(0.2, 1.0, False), 0.5).ratio == 0


@given(LEADS, SHARES)
def test_pieces_are_told_by_their_contrast_sooner_than_sections_and_less_by_what_came_first(
    lead: Lead, support: float
) -> None:
    piece, whole = weigh_piece(lead, support), weigh(lead, support)
    assert piece.margin == whole.margin if lead.pose_margin >= 1.0 else piece.margin < 0
    assert piece.support == whole.support
    assert piece.ratio > whole.ratio or lead.contrast_ratio <= 1.0
    assert abs(piece.agreement) < abs(whole.agreement)
    assert np.sign(piece.agreement) == np.sign(whole.agreement)


def test_a_clear_contrast_carries_no_piece_alone() -> None:
    nothing_else = weigh_piece(Lead(1e9, 1.0, False), 0.0)
    assert nothing_else.total < needed(1.0, again=False)


def test_a_pose_far_behind_another_one_speaks_against_a_piece_up_to_a_point() -> None:
    margins = [weigh_piece(Lead(1.5, m, True), 0.5).margin for m in (0.0, 0.01, 0.9, 1.0, 1.1)]
    assert margins[0] == margins[1] < margins[2] < margins[3] == 0 < margins[4]


@given(LEADS, SHARES)
def test_the_place_is_weighed_without_its_blocks(lead: Lead, support: float) -> None:
    evidence = weigh_piece(lead, support)
    assert weigh_place(lead) == pytest.approx(evidence.total - evidence.support)


@given(SHARES, SHARES, st.booleans())
def test_smaller_pieces_need_no_less(one: float, two: float, again: bool) -> None:
    small, large = sorted((one, two))
    assert needed(small, again=again) >= needed(large, again=again)
    assert needed(small, again=False) >= PARTIAL_FROM


def test_crumbs_need_more_than_large_pieces_and_what_is_tried_again_more_than_at_first() -> None:
    assert needed(0.02, again=False) > needed(0.5, again=False)
    for share in (0.02, 0.07, 0.5):
        assert needed(share, again=True) > needed(share, again=False)
