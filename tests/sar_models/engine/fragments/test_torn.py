"""Torn tissue aligned as a whole: a lost piece, control tissue, and what it says about itself."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString

from sar_models.benchmark.torn.score import TornScore, score_alignment
from sar_models.domain.alignment import Outcome, Status
from sar_models.domain.annotations import Annotation
from sar_models.domain.records import alignment_from_record, alignment_to_record
from sar_models.domain.transfer import Verdict, transfer
from sar_models.engine import AlignOptions, align
from sar_models.synthesis import PairOptions, TornOptions, generate_pair, generate_torn_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.synthesis import GeneratedSlide, TornPair

CPU = AlignOptions(device="cpu")
TORN = TornOptions(
    pieces=3,
    source_arrangement="near",
    mirrored_share=0.4,
    target_lost=1,
    source_lost=0,
    target_controls=1,
    source_controls=0,
    size_px=600,
    outline="resection",
    overlap=False,
    folds=False,
)


@pytest.fixture(scope="module")
def pair() -> TornPair:
    return generate_torn_pair(13, TORN)


@pytest.fixture(scope="module")
def slides(memory_slide: Any) -> Callable[..., tuple[Any, Any]]:
    """Hold both slides of a generated pair in memory."""

    def hold(source: GeneratedSlide, target: GeneratedSlide) -> tuple[Any, Any]:
        return (
            memory_slide(source.image, source.mpp.mean, "source"),
            memory_slide(target.image, target.mpp.mean, "target"),
        )

    return hold


@pytest.fixture(scope="module")
def aligned(pair: TornPair, slides: Callable[..., Any]) -> Alignment:
    return align(*slides(pair.source, pair.target), CPU)


@pytest.fixture(scope="module")
def score(pair: TornPair, aligned: Alignment) -> TornScore:
    return score_alignment(pair, aligned)


def inside(outline: Any, margin_px: float, count: int = 200) -> Points:
    """Return places on a tissue, away from its rim."""
    rng = np.random.default_rng(0)
    core = outline.buffer(-margin_px)
    left, top, right, bottom = core.bounds
    points = rng.uniform((left, top), (right, bottom), (20 * count, 2))
    return points[shapely.contains_xy(core, points[:, 0], points[:, 1])][:count]


# Pieces


def test_every_surviving_piece_is_found_and_nothing_false(
    aligned: Alignment, score: TornScore
) -> None:
    assert aligned.outcome is Outcome.ALIGNED
    assert score.surviving == 2
    assert score.found == score.surviving
    assert score.false_pieces == 0
    assert len(aligned.fragments) == score.surviving
    assert score.tissue.near > 0.8
    assert score.tissue.wrong < 0.02


def test_mirrored_pieces_are_mirrored_and_the_others_are_not(
    pair: TornPair, aligned: Alignment
) -> None:
    sides = []
    for piece in pair.pieces:
        if piece.source is None or piece.target is None:
            continue
        mapped = aligned.map(inside(piece.source, 8))
        own = np.bincount(mapped.fragment[mapped.fragment >= 0]).argmax()
        assert (mapped.fragment == own).mean() > 0.85
        jacobian = aligned.fragments[own].transform.jacobian(inside(piece.source, 8))
        assert (np.linalg.det(jacobian) < 0).mean() in (0.0, 1.0)
        sides.append(piece.mirrored)
        assert bool((np.linalg.det(jacobian) < 0).all()) is piece.mirrored
    assert len(sides) == 2


def test_lost_and_control_tissue_has_no_counterpart(
    pair: TornPair, aligned: Alignment, score: TornScore
) -> None:
    assert {piece.kind for piece in score.pieces} == {"surviving", "lost", "foreign target"}
    assert all(piece.right for piece in score.pieces)
    lost = [piece.source for piece in pair.pieces if piece.target is None]
    for direction, outlines in (("forward", lost), ("inverse", pair.foreign_target)):
        for outline in outlines:
            status = aligned.map(inside(outline, 8), direction).status
            assert (status == Status.NO_COUNTERPART).mean() > 0.85


def test_paired_and_unpaired_tissue_make_up_all_tissue(aligned: Alignment) -> None:
    piecewise = aligned.transform
    for parts, alone, tissue in (
        ([f.source for f in aligned.fragments], piecewise.unpaired_source, aligned.tissue_source),
        ([f.target for f in aligned.fragments], piecewise.unpaired_target, aligned.tissue_target),
    ):
        areas = [outline.area for outline in (*parts, *alone)]
        together = shapely.union_all([*parts, *alone])
        assert together.symmetric_difference(tissue).area < 0.03 * tissue.area
        assert sum(areas) - together.area < 0.01 * tissue.area
        shares = aligned.quality.metrics
    assert 0 < shares["paired_source_share"] < 1
    assert 0 < shares["paired_target_share"] < 1
    assert shares["pieces"] == len(aligned.fragments)


# What it says about itself


def test_the_map_of_each_piece_can_be_inverted(pair: TornPair, aligned: Alignment) -> None:
    points = np.concatenate([inside(fragment.source, 8) for fragment in aligned.fragments])
    there = aligned.map(points)
    assert set(there.status) == {Status.MAPPED}
    back = aligned.map(there.points, "inverse")
    same = back.fragment == there.fragment
    assert same.mean() > 0.95
    np.testing.assert_allclose(back.points[same], points[same], atol=1e-2)
    assert aligned.quality.metrics["folding"] == 0


def test_anchors_refer_to_fragments_and_lie_on_them(aligned: Alignment) -> None:
    ids = [fragment.id for fragment in aligned.fragments]
    assert len(set(ids)) == len(ids)
    anchors = aligned.anchors
    np.testing.assert_array_equal(anchors.fragment >= 0, anchors.inlier)
    for index, fragment in enumerate(aligned.fragments):
        own = anchors.fragment == index
        assert own.sum() == fragment.anchor_count > 0
        near = fragment.source.buffer(15)
        assert shapely.contains_xy(near, *anchors.source[own].T).mean() > 0.95
        gap = np.linalg.norm(
            fragment.transform.map(anchors.source[own]) - anchors.target[own], axis=1
        )
        assert np.median(gap) == pytest.approx(fragment.residual_px, abs=0.5)
        assert 0 < fragment.confidence <= 1


def test_the_expected_error_is_known_on_paired_tissue(aligned: Alignment, pair: TornPair) -> None:
    for fragment in aligned.fragments:
        points = inside(fragment.source, 3)
        sigma = aligned.map(points).sigma_px
        assert np.isfinite(sigma).all()
        assert (sigma > 0).all()
        confidence = aligned.confidence.sample(points)
        assert ((confidence >= 0) & (confidence <= 1)).all()


def test_what_is_unpaired_is_named_and_is_no_high_risk(aligned: Alignment) -> None:
    assert aligned.risk.score < 0.5
    codes = {reason.code for reason in aligned.risk.reasons}
    assert {"unpaired-source", "unpaired-target"} <= codes
    weights = [reason.weight for reason in aligned.risk.reasons]
    assert weights == sorted(weights, reverse=True)


# Modes and records


def test_asked_for_or_found_pieces_are_the_same_every_time(
    pair: TornPair, slides: Callable[..., Any], aligned: Alignment
) -> None:
    asked = AlignOptions(device="cpu", mode="fragments")
    again = align(*slides(pair.source, pair.target), asked)
    assert again.content_sha256 == aligned.content_sha256
    assert again.request_id != aligned.request_id


def test_one_map_for_all_of_it_does_not_do(
    pair: TornPair, slides: Callable[..., Any], score: TornScore
) -> None:
    asked = AlignOptions(device="cpu", mode="intact")
    whole = align(*slides(pair.source, pair.target), asked)
    assert len(whole.fragments) <= 1
    assert all(fragment.id == "whole" for fragment in whole.fragments)
    assert whole.outcome is not Outcome.ALIGNED or whole.transform.unpaired_source
    assert score_alignment(pair, whole).found < score.found


def test_the_record_is_complete(aligned: Alignment, pair: TornPair) -> None:
    record, arrays = alignment_to_record(aligned)
    read = alignment_from_record(record.model_dump(mode="json"), arrays)
    assert read.content_sha256 == aligned.content_sha256
    assert [f.id for f in read.fragments] == [f.id for f in aligned.fragments]
    points = inside(aligned.tissue_source, 0)
    np.testing.assert_array_equal(read.map(points).points, aligned.map(points).points)
    np.testing.assert_array_equal(read.map(points).status, aligned.map(points).status)


def test_an_annotation_across_two_pieces_is_split(aligned: Alignment) -> None:
    first, second = aligned.fragments[:2]
    middle = LineString([first.source.representative_point(), second.source.representative_point()])
    across = Annotation(
        uuid.UUID(int=1), middle.buffer(12), name="front", classification=("Tumor",)
    )
    result = transfer([across], aligned)
    (report,) = result.reports
    assert report.verdict in (Verdict.MAPPED, Verdict.PARTLY)
    assert len(result.annotations) == len(report.target_ids) == 2
    assert len({part.id for part in result.annotations}) == 2
    for part in result.annotations:
        assert part.name == "front"
        assert part.classification == ("Tumor",)
        held = [part.geometry.intersection(f.target).area for f in (first, second)]
        assert max(held) > 0.5 * part.geometry.area
        assert min(held) < 0.05 * max(held)
    again = transfer([across], aligned)
    assert [part.id for part in again.annotations] == [part.id for part in result.annotations]


# Repeated levels


def test_two_levels_on_the_target_are_ambiguous(slides: Callable[..., Any]) -> None:
    levels = generate_pair(
        2, PairOptions(kind="two-levels", size_px=500, outline="resection", organ="colon")
    )
    result = align(*slides(levels.source, levels.target), CPU)
    assert result.outcome is Outcome.AMBIGUOUS
    assert not result.fragments
    assert len(result.placements) == len(levels.truths) == 2
    found = sorted(
        p.target_from_source.map(levels.landmarks)[:, 0].mean() for p in result.placements
    )
    true = sorted(truth.map(levels.landmarks)[:, 0].mean() for truth in levels.truths)
    np.testing.assert_allclose(found, true, atol=15)
    assert set(result.map(levels.landmarks).status) == {Status.AMBIGUOUS}
