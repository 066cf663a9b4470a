"""How likely an alignment is wrong, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sar_models.engine.quality import Evidence
from sar_models.engine.risk import assess, wrong_chance

CLEAR = {
    "shift_contrast": 0.3,
    "inlier_ratio": 0.8,
    "evidence": 12.0,
    "pose_margin": 1.4,
    "contrast_ratio": 3.0,
    "affine_support_share": 0.8,
    "verified_share": 0.98,
    "overlap": 0.95,
    "folding": 0.0,
}
SURE = Evidence(3.6, 2.7, 6.0, 1.0)
SHARES = st.floats(0.0, 1.0)


def test_what_agrees_everywhere_has_a_low_risk_and_nothing_to_say() -> None:
    risk = assess(CLEAR, SURE, 1.0)
    assert risk.score < 0.05
    assert risk.reasons == ()


@given(SHARES, SHARES, SHARES)
def test_the_chance_of_a_wrong_one_falls_with_each_sign(low: float, high: float, at: float) -> None:
    low, high = sorted((low, high))
    for name, most in (("shift_contrast", 0.6), ("inlier_ratio", 1.0), ("evidence", 12.0)):
        others = {key: at * top for key, top in (("shift_contrast", 0.6), ("inlier_ratio", 1.0))}
        base = {"evidence": 12.0 * at, **others}
        worse, better = (wrong_chance(base | {name: share * most}) for share in (low, high))
        assert 0.0 < better <= worse < 1.0


def test_a_map_that_its_own_regions_deny_is_a_high_risk_whatever_the_pose() -> None:
    risk = assess(CLEAR | {"inlier_ratio": 0.02, "shift_contrast": 0.01}, SURE, 1.0)
    assert risk.score > 0.5
    assert risk.reasons[0].code == "regions-elsewhere"
    assert "2%" in risk.reasons[0].text


@pytest.mark.parametrize("change", [{"folding": 0.01}, {}], ids=["folds", "too little evidence"])
def test_folding_and_too_little_evidence_are_no_low_risk(change: dict[str, float]) -> None:
    evidence = SURE if change else Evidence(0.0, 0.1, 1.0, -1.0)
    assert assess(CLEAR | change, evidence, 1.0).score >= 0.7


def test_tissue_without_a_counterpart_adds_to_the_risk() -> None:
    scores = [assess(CLEAR, SURE, share).score for share in (1.0, 0.8, 0.3)]
    assert scores == sorted(scores)
    assert scores[2] > 0.3
