"""One fragment corrected: it lies where landmarks put it, and nothing else has moved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from wrong_parents import WrongParent, wrong_parent

from sar_models.domain.alignment import Outcome, Status
from sar_models.domain.errors import LandmarkError, OptionError
from sar_models.domain.provenance import sha256_of
from sar_models.domain.records import alignment_from_record, alignment_to_record
from sar_models.engine import AlignOptions, align, correct, correction_options

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points


@pytest.fixture(scope="module")
def made() -> WrongParent:
    return wrong_parent()


@pytest.fixture(scope="module")
def parent(made: WrongParent) -> Alignment:
    return made.astray()


def some(made: WrongParent, count: int) -> tuple[Points, Points]:
    """Return the landmarks that lie farthest apart."""
    source, target = made.landmarks
    chosen = [0]
    while len(chosen) < count:
        gaps = np.linalg.norm(source[:, None] - source[chosen], axis=-1).min(axis=1)
        chosen.append(int(gaps.argmax()))
    return source[chosen], target[chosen]


def corrected(
    made: WrongParent,
    parent: Alignment,
    fragment: str | int,
    landmarks: tuple[Points, Points] | None,
) -> Alignment:
    options = correction_options(parent, fragment, landmarks, device="cpu")
    return correct(made.source, made.target, parent, options)


def error_px(made: WrongParent, alignment: Alignment) -> np.ndarray:
    source, target = made.landmarks
    return np.linalg.norm(alignment.map(source).points - target, axis=1)


def typical_px(made: WrongParent, alignment: Alignment) -> float:
    """Return the median error; one point of twelve may lie on tissue that only one slide shows."""
    errors = error_px(made, alignment)
    assert np.isfinite(errors).sum() >= len(errors) - 1
    return float(np.nanmedian(errors))


@pytest.fixture(scope="module")
def put_right(made: WrongParent, parent: Alignment) -> Alignment:
    return corrected(made, parent, 2, some(made, 3))


def test_a_piece_in_a_wrong_place_goes_where_landmarks_put_it(
    made: WrongParent, parent: Alignment, put_right: Alignment
) -> None:
    assert np.nanmin(error_px(made, parent)) > 50
    source, target = some(made, 3)
    np.testing.assert_allclose(put_right.map(source).points, target, atol=0.1)
    assert typical_px(made, put_right) < 2
    assert put_right.outcome is Outcome.ALIGNED
    assert put_right.risk.score < 0.5
    fragment = put_right.fragments[1]
    assert fragment.id == "piece-2"
    assert fragment.confidence > 0.9
    for found, true, least in (
        (fragment.source, made.moved.source, 0.85),
        (fragment.target, made.moved.target, 0.75),
    ):
        assert found.intersection(true).area > least * found.union(true).area


def test_nothing_else_has_moved(parent: Alignment, put_right: Alignment) -> None:
    before, after = parent.fragments[0], put_right.fragments[0]
    assert sha256_of(after.to_record()) == sha256_of(before.to_record())
    own = put_right.anchors.fragment == 0
    np.testing.assert_array_equal(
        put_right.anchors.source[own], parent.anchors.source[parent.anchors.fragment == 0]
    )
    core = np.array(before.source.representative_point().coords)
    assert put_right.sigma.sample(core) == parent.sigma.sample(core) == 7.5
    assert put_right.confidence.sample(core) == 0.25
    np.testing.assert_array_equal(put_right.map(core).points, parent.map(core).points)


def test_its_own_anchors_and_expected_error_are_measured(
    made: WrongParent, put_right: Alignment
) -> None:
    own = put_right.anchors.fragment == 1
    assert own.sum() == put_right.fragments[1].anchor_count > 5
    gap = put_right.map(put_right.anchors.source[own]).points - put_right.anchors.target[own]
    assert np.nanmedian(np.linalg.norm(gap, axis=1)) < 3
    sigma = put_right.map(made.landmarks[0]).sigma_px
    assert np.nanmax(sigma) < 7.5
    assert put_right.quality.metrics["pieces"] == 2


def test_tissue_that_it_left_has_no_counterpart_and_what_it_took_has_one(
    made: WrongParent, parent: Alignment, put_right: Alignment
) -> None:
    control = np.array(made.control[0].representative_point().coords)
    place = made.moved.transform.map(np.array(made.moved.source.representative_point().coords))
    assert parent.map(control, "inverse").status[0] == Status.MAPPED
    assert parent.map(place, "inverse").status[0] == Status.NO_COUNTERPART
    assert put_right.map(control, "inverse").status[0] == Status.NO_COUNTERPART
    assert put_right.map(place, "inverse").status[0] == Status.MAPPED
    piecewise = put_right.transform
    for held, alone, tissue in (
        ([f.source for f in put_right.fragments], piecewise.unpaired_source, parent.tissue_source),
        ([f.target for f in put_right.fragments], piecewise.unpaired_target, parent.tissue_target),
    ):
        together = shapely.union_all([*held, *alone])
        assert together.symmetric_difference(tissue).area < 0.05 * tissue.area
        assert sum(o.area for o in (*held, *alone)) - together.area < 0.02 * tissue.area


def test_it_is_a_new_version_with_its_parent(parent: Alignment, put_right: Alignment) -> None:
    assert put_right.provenance.parent == parent.content_sha256
    assert put_right.provenance.landmarks
    assert put_right.provenance.options["fragment"] == "piece-2"
    assert put_right.request_id != parent.request_id
    assert put_right.content_sha256 != parent.content_sha256
    record, arrays = alignment_to_record(put_right)
    read = alignment_from_record(record.model_dump(mode="json"), arrays)
    assert read.content_sha256 == put_right.content_sha256


def test_one_landmark_shifts_and_keeps_the_turn(made: WrongParent) -> None:
    parent = made.shifted((14.0, -11.0))
    result = corrected(made, parent, "piece-2", some(made, 1))
    assert np.nanmedian(error_px(made, parent)) > 15
    assert typical_px(made, result) < 3


def test_tissue_without_a_counterpart_gets_one(made: WrongParent) -> None:
    parent = made.unpaired()
    result = corrected(made, parent, "new", some(made, 4))
    assert [fragment.id for fragment in result.fragments] == ["piece-1", "piece-2"]
    assert typical_px(made, result) < 2
    lost = np.array(made.lost[0].representative_point().coords)
    assert result.map(lost).status[0] == Status.NO_COUNTERPART
    assert set(result.map(some(made, 4)[0]).status) == {Status.MAPPED}


def test_a_fragment_is_said_to_have_no_counterpart(made: WrongParent, parent: Alignment) -> None:
    result = corrected(made, parent, "piece-2", None)
    assert [fragment.id for fragment in result.fragments] == ["piece-1"]
    assert set(result.map(made.landmarks[0]).status) == {Status.NO_COUNTERPART}
    assert (result.anchors.fragment < 1).all()
    assert len(result.anchors) < len(parent.anchors)
    assert result.provenance.landmarks is None
    assert result.provenance.options["no_counterpart"] is True
    nothing = corrected(made, result, 1, None)
    assert nothing.outcome is Outcome.FAILED
    assert "person" in nothing.failure


# What is refused


def test_fragments_that_are_not_there_are_refused_and_those_there_are_named(
    made: WrongParent, parent: Alignment
) -> None:
    for named in ("piece-9", 0, 3, "-1"):
        with pytest.raises(OptionError, match="1: piece-1, 2: piece-2"):
            correction_options(parent, named, some(made, 2))


def test_landmarks_off_the_fragment_are_refused(made: WrongParent, parent: Alignment) -> None:
    landmarks = some(made, 3)
    with pytest.raises(LandmarkError, match="number 1 lies on 'piece-2'"):
        correction_options(parent, 1, landmarks)
    with pytest.raises(LandmarkError, match="tissue without a counterpart of the source"):
        correction_options(parent, "new", landmarks)
    off = landmarks[0].copy()
    off[1] = made.lost[0].representative_point().coords[0]
    with pytest.raises(LandmarkError, match="number 2 lies on tissue without a counterpart"):
        correction_options(parent, 2, (off, landmarks[1]))
    beside = landmarks[1] + 9000
    with pytest.raises(LandmarkError, match="on the target, which has"):
        correction_options(parent, 2, (landmarks[0], beside))


def test_landmarks_that_contradict_each_other_or_lead_onto_glass_are_refused(
    made: WrongParent, parent: Alignment
) -> None:
    source, target = made.landmarks
    exchanged = target.copy()
    far = int(np.linalg.norm(source - source[0], axis=1).argmax())
    exchanged[[0, far]] = target[[far, 0]]
    with pytest.raises(LandmarkError, match="contradict each other"):
        corrected(made, parent, 2, (source, exchanged))
    with pytest.raises(LandmarkError, match="has no tissue"):
        corrected(made, made.shifted((0.0, 0.0)), 2, (source[:1], np.array([[1.0, 1.0]])))
    with pytest.raises(LandmarkError, match="does not tell how"):
        corrected(made, made.unpaired(), "new", (source[:1], target[:1]))


def test_other_slides_and_other_parents_are_refused(made: WrongParent, parent: Alignment) -> None:
    options = correction_options(parent, 2, some(made, 3), device="cpu")
    with pytest.raises(OptionError, match="not the slide that the parent aligned"):
        correct(made.target, made.source, parent, options)
    with pytest.raises(OptionError, match="not one of"):
        correct(made.source, made.target, made.unpaired(), options)
    with pytest.raises(OptionError, match=r"engine\.correct"):
        align(made.source, made.target, options)


def test_options_that_do_not_go_together_are_refused(made: WrongParent) -> None:
    points = some(made, 2)
    for values, told in (
        ({"no_counterpart": True}, "of no fragment"),
        ({"fragment": "piece-1", "landmarks": points}, "of no alignment"),
        ({"fragment": "piece-1", "parent": "a" * 64}, "needs landmarks"),
    ):
        with pytest.raises(OptionError, match=told):
            AlignOptions(**values)
    with pytest.raises(OptionError, match="said to have none"):
        correction_options(made.unpaired(), "new", None)


def test_only_corrections_have_another_identity(made: WrongParent, parent: Alignment) -> None:
    plain = AlignOptions(parent=parent.content_sha256)
    assert not {"fragment", "no_counterpart"} & set(plain.to_record())
    first, second = (correction_options(parent, number, None) for number in (1, 2))
    assert first.to_record() != second.to_record()
    assert replace(first, fragment="piece-2").to_record() == second.to_record()
