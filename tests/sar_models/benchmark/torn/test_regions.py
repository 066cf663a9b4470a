"""Regions on a torn pair made by hand, under alignments whose figures can be reckoned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from sar_models.benchmark.torn.drawn_regions import draw_regions
from sar_models.benchmark.torn.region_fit import fit_regions
from sar_models.benchmark.torn.region_plots import draw_region_plots
from sar_models.benchmark.torn.region_scores import RegionScore, score_regions
from sar_models.benchmark.torn.region_summary import region_targets, summarise_regions
from sar_models.domain.alignment import Outcome
from sar_models.domain.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.synthesis import TornPair

SCORE = RegionScore(
    area_px2=900.0,
    shown=True,
    foreign=False,
    given=True,
    iou=0.9,
    dice=0.95,
    proposed_iou=0.9,
    confidence=0.95,
    signs=(2.0, 2.0, 0.0, -2.0, 0.1),
    sigma_px=2.0,
    error_px=1.0,
)


def test_regions_lie_on_tissue_of_all_kinds(pair: TornPair) -> None:
    drawn = draw_regions(pair, 60)
    tissue = shapely.union_all([p.source for p in pair.pieces if p.source is not None])
    for each in drawn:
        shape = each.annotation.geometry
        assert shape.is_valid
        assert shape.area > 0
        room = shapely.union_all(pair.foreign_source) if each.foreign else tissue
        assert room.buffer(0.01).covers(shape)
        assert each.shown != each.foreign or not each.shown
    assert any(each.foreign for each in drawn)
    assert any(not each.shown and not each.foreign for each in drawn)
    sizes = [each.area_px2 for each in drawn]
    assert max(sizes) > 20 * min(sizes)
    again = draw_regions(pair, 60)
    pairs = zip(drawn, again, strict=True)
    assert all(a.annotation.geometry.equals(b.annotation.geometry) for a, b in pairs)


def test_the_truth_gives_every_region_its_place(pair: TornPair, perfect: Alignment) -> None:
    scores = score_regions(pair, perfect, 40)
    shown = [score for score in scores if score.shown]
    assert len(shown) > 20
    # Parts of less than a pixel squared are dropped along edges.
    assert min(score.proposed_iou for score in shown) > 0.99
    assert all(score.signs is None and not score.given for score in scores if not score.shown)
    assert max(score.error_px for score in shown) == pytest.approx(0.0, abs=1e-6)


def test_failed_alignments_give_none(pair: TornPair, silent: Alignment) -> None:
    assert silent.outcome is Outcome.FAILED
    scores = score_regions(pair, silent, 10)
    assert not any(score.given for score in scores)
    assert all(score.confidence == 0.0 and score.iou == 0.0 for score in scores)
    assert all(np.isnan(score.error_px) for score in scores)


def test_summaries_can_be_reckoned() -> None:
    wrong = replace(SCORE, iou=0.5, dice=0.66, proposed_iou=0.5, confidence=0.65, area_px2=100.0)
    foreign = replace(SCORE, shown=False, foreign=True, iou=0.0, dice=0.0, proposed_iou=0.0)
    silent = replace(foreign, given=False, confidence=0.0, signs=None)
    summary = summarise_regions([[SCORE, SCORE, wrong], [SCORE, foreign, silent]])
    assert (summary.regions, summary.shown) == (6, 4)
    assert summary.miou.value == pytest.approx(0.8)
    assert summary.mdice == pytest.approx((3 * 0.95 + 0.66) / 4)
    assert (summary.success, summary.strict_success) == (0.75, 0.75)
    assert summary.quartiles == pytest.approx((0.5, 0.9, 0.9, 0.9))
    assert (summary.control, summary.control_given) == (2, 1)
    assert (summary.unshown, summary.unshown_given) == (2, 1)
    assert summary.abstention_recall == 0.5
    assert summary.abstention_precision == 1.0
    # Four of confidence 0.95 of which three are right, and a wrong one of 0.65.
    assert summary.ece == pytest.approx((4 * 0.2 + 0.65) / 5)
    met = {target.name: target.met for target in region_targets(summary)}
    assert not met["regions: mIoU"]
    assert not met["regions: places given to control tissue"]


def test_bounds_are_measured_on_other_pairs() -> None:
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(20):
        sigma = np.exp(rng.normal(0, 1, 30))
        error = rng.gamma(2.0, 0.5 * sigma)
        both = zip(sigma, error, strict=True)
        pairs.append([replace(SCORE, sigma_px=float(s), error_px=float(e)) for s, e in both])
    bounds = summarise_regions(pairs).bounds
    assert bounds is not None
    assert bounds.covered == pytest.approx(0.9, abs=0.05)
    assert bounds.rank_correlation > 0.5
    assert bounds.factor == pytest.approx(0.5 * 3.89, rel=0.15)


def test_a_fit_finds_what_tells_right_from_wrong() -> None:
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(400):
        sign = rng.normal()
        right = rng.random() < 1 / (1 + np.exp(-(0.5 + 2 * sign)))
        signs = (sign, *rng.normal(size=4))
        scores.append(replace(SCORE, signs=signs, proposed_iou=0.9 if right else 0.1))
    fit = fit_regions(scores)
    assert fit.offset == pytest.approx(0.5, abs=0.4)
    assert fit.weights["confidence"] == pytest.approx(2.0, abs=0.5)
    assert max(abs(fit.weights[name]) for name in ("fragment", "tissue", "risk")) < 0.5
    with pytest.raises(InputError, match="nothing to tell apart"):
        fit_regions([SCORE, SCORE])


def test_pictures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pairs = [[SCORE, replace(SCORE, confidence=0.3, given=False, iou=0.0, proposed_iou=0.4)]]
    draw_region_plots(pairs, summarise_regions(pairs), tmp_path / "regions.png")
    assert (tmp_path / "regions.png").stat().st_size > 10_000
