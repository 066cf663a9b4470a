"""Whole alignments: right ones, wrong ones, and what they say about themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.alignment import Outcome, Status
from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import Region
from sar_models.domain.records import alignment_from_record, alignment_to_record
from sar_models.engine import AlignOptions, align

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment

OPTIONS = AlignOptions(device="cpu")


@pytest.fixture(scope="module")
def aligned(scene: Any) -> Alignment:
    return align(scene.source, scene.target, OPTIONS)


def test_a_turned_mirrored_deformed_pair_is_aligned(aligned: Alignment, scene: Any) -> None:
    assert aligned.outcome is Outcome.ALIGNED
    mapped = aligned.map(scene.points)
    assert set(mapped.status) == {Status.MAPPED}
    error = scene.error_px(mapped.points)
    assert np.median(error) < 1.5
    assert error.max() < 5


def test_an_intact_section_is_one_fragment(aligned: Alignment) -> None:
    (fragment,) = aligned.fragments
    assert fragment.id == "whole"
    assert set(aligned.anchors.fragment[aligned.anchors.inlier]) == {0}
    for tissue, outline in (
        (aligned.tissue_source, fragment.source),
        (aligned.tissue_target, fragment.target),
    ):
        assert outline.symmetric_difference(tissue).area < 0.01 * tissue.area


def test_the_field_improves_on_the_affine_part(aligned: Alignment, scene: Any) -> None:
    first, _, last = aligned.fragments[0].transform.transforms  # type: ignore[attr-defined]
    affine = scene.error_px((last @ first).map(scene.points))
    assert np.median(affine) > 1.5 * np.median(scene.error_px(aligned.map(scene.points).points))


def test_the_map_does_not_fold_and_can_be_inverted(aligned: Alignment, scene: Any) -> None:
    assert aligned.quality.metrics["folding"] == 0
    there = aligned.map(scene.points).points
    back = aligned.map(there, "inverse").points
    np.testing.assert_allclose(back, scene.points, atol=1e-3)


def test_low_risk_confidence_and_expected_error_are_plausible(
    aligned: Alignment, scene: Any
) -> None:
    assert aligned.risk.score < 0.2
    mapped = aligned.map(scene.points)
    assert 0.3 < np.median(mapped.sigma_px) < 10
    assert mapped.sigma_um is not None
    assert np.median(aligned.confidence.sample(scene.points)) > 0.8
    inliers = aligned.anchors.inlier
    assert inliers.sum() > 20
    gap = aligned.map(aligned.anchors.source[inliers]).points - aligned.anchors.target[inliers]
    assert np.linalg.norm(gap, axis=1).max() < 6


def test_a_point_on_glass_follows_within_the_reach(aligned: Alignment, scene: Any) -> None:
    left = np.array([[aligned.tissue_source.bounds[0] - 60.0, 210.0]])
    mapped = aligned.map(left)
    assert mapped.status[0] == Status.GLASS
    far = scene.truth.pose.map(left)
    assert np.linalg.norm(mapped.points - far) < 25


def test_the_same_seed_gives_the_same_result(aligned: Alignment, scene: Any) -> None:
    again = align(scene.source, scene.target, OPTIONS)
    assert again.content_sha256 == aligned.content_sha256
    assert again.request_id == aligned.request_id


def test_the_record_is_complete(aligned: Alignment) -> None:
    record, arrays = alignment_to_record(aligned)
    plain = record.model_dump(mode="json")
    assert alignment_from_record(plain, arrays).content_sha256 == aligned.content_sha256
    assert aligned.provenance.device == "cpu"
    assert aligned.provenance.seconds > 0


def test_progress_rises_to_one(memory_slide: Any) -> None:
    seen: list[float] = []
    blank = memory_slide(np.full((200, 300, 3), 240, np.uint8))
    align(blank, blank, OPTIONS, lambda stage, done: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 1


@pytest.mark.parametrize("shape", [(200, 300), (1, 1), (3, 900)])
def test_nothing_to_see_is_a_failure_with_a_reason(
    scene: Any, memory_slide: Any, shape: tuple[int, int]
) -> None:
    empty = memory_slide(np.full((*shape, 3), 240, np.uint8))
    result = align(scene.source, empty, OPTIONS)
    assert result.outcome is Outcome.FAILED
    assert "target" in result.failure
    assert [reason.code for reason in result.risk.reasons] == ["no-tissue"]
    assert not result.fragments
    assert np.isnan(result.map(scene.points).points).all()
    alignment_to_record(result)


def test_another_tissue_is_not_aligned(make_scene: Callable[..., Any], scene: Any) -> None:
    other = make_scene(seed=9)
    result = align(scene.source, other.target, OPTIONS)
    assert result.outcome is not Outcome.ALIGNED
    assert result.risk.score > 0.5
    assert result.risk.reasons
    assert result.tissue_source.area > 0


def test_two_levels_are_ambiguous_until_a_region_settles_it(scene: Any, memory_slide: Any) -> None:
    once = scene.target.image
    twice = memory_slide(np.concatenate([once, np.full_like(once[:, :30], 236), once], axis=1), 4.0)
    result = align(scene.source, twice, OPTIONS)
    assert result.outcome is Outcome.AMBIGUOUS
    assert len(result.placements) == 2
    shift = once.shape[1] + 30
    wanted = sorted(scene.truth.map(scene.points)[:, 0].mean() + np.array([0, shift]))
    got = sorted(p.target_from_source.map(scene.points)[:, 0].mean() for p in result.placements)
    np.testing.assert_allclose(got, wanted, atol=12)
    assert set(result.map(scene.points).status) == {Status.AMBIGUOUS}
    right_half = Region(shift, 0, once.shape[1], once.shape[0])
    settled = align(scene.source, twice, replace(OPTIONS, target_roi=right_half))
    assert settled.outcome is Outcome.ALIGNED
    error = scene.error_px(settled.map(scene.points).points - [shift, 0])
    assert np.median(error) < 2


def test_unknown_and_different_pixel_sizes_are_searched(make_scene: Callable[..., Any]) -> None:
    scene = make_scene(seed=3, turn_deg=-50.0, mirror=False, scale=1.9, mpps=(None, 2.1))
    result = align(scene.source, scene.target, OPTIONS)
    assert result.outcome is Outcome.ALIGNED
    assert np.median(scene.error_px(result.map(scene.points).points)) < 4


def test_the_map_goes_through_landmarks(scene: Any) -> None:
    source = scene.points[12::4]
    wanted = scene.truth.map(source) + np.array([3.0, -2.0])
    options = replace(OPTIONS, landmarks=(source, wanted))
    result = align(scene.source, scene.target, options)
    assert result.outcome is Outcome.ALIGNED
    gap = np.linalg.norm(result.map(source).points - wanted, axis=1)
    assert gap.max() < 1.0
    assert result.provenance.landmarks is not None
    assert result.request_id != align_request(scene)


def align_request(scene: Any) -> str:
    """Return the request of the same pair without landmarks (a region of glass costs no time)."""
    glass = replace(OPTIONS, source_roi=Region(0, 0, 30, 30))
    return align(scene.source, scene.target, glass).request_id


def test_a_region_beside_the_slide_is_refused(scene: Any) -> None:
    options = replace(OPTIONS, target_roi=Region(9000, 0, 10, 10))
    with pytest.raises(OptionError, match="target_roi"):
        align(scene.source, scene.target, options)
