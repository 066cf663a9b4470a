"""An alignment tells of every point what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import numpy as np
import pytest
from builders import slide_info
from shapely.geometry import MultiPolygon, Point, box

from sar_models.domain.alignment import (
    Alignment,
    Anchors,
    Outcome,
    Reason,
    Risk,
    Status,
    failed_alignment,
    polygons_of,
)
from sar_models.domain.annotations import Annotation
from sar_models.domain.errors import AnnotationError, TransformError
from sar_models.domain.geometry import Size
from sar_models.domain.provenance import Provenance, sha256_of
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Piecewise

Build = Callable[..., Alignment]
TISSUE, GLASS, UNPAIRED, FAR = [900.0, 700.0], [250.0, 320.0], [1900.0, 100.0], [-8e3, 0.0]


def test_every_point_gets_a_status(make_alignment: Build) -> None:
    mapping = make_alignment().map(np.array([TISSUE, GLASS, UNPAIRED, FAR]))
    assert mapping.status.tolist() == ["mapped", "glass", "no-counterpart", "outside"]
    assert mapping.has_counterpart.tolist() == [True, True, False, False]
    assert mapping.fragment.tolist() == [0, 0, -1, -1]
    assert np.isfinite(mapping.points[:2]).all()
    assert np.isnan(mapping.points[2:]).all()
    np.testing.assert_array_equal(mapping.sigma_px, [6, 6, np.nan, np.nan])
    np.testing.assert_array_equal(mapping.sigma_um, [3, 3, np.nan, np.nan])


def test_inverse_returns_the_points_and_scales_the_error(make_alignment: Build) -> None:
    alignment = make_alignment()
    there = alignment.map(np.array([TISSUE, GLASS]))
    back = alignment.map(there.points, "inverse")
    np.testing.assert_allclose(back.points, [TISSUE, GLASS], atol=1e-4)
    # A target is 1.05 times as large, so that its pixels are worth less on the source.
    np.testing.assert_allclose(back.sigma_px, 6 / 1.05, rtol=0.02)


def test_many_points_are_mapped_in_chunks_with_equal_result(
    make_alignment: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    alignment = make_alignment()
    where = np.random.default_rng(0).uniform(0, 2000, (1000, 2))
    whole = alignment.map(where)
    monkeypatch.setattr("sar_models.domain.alignment.result._CHUNK", 64)
    parts = alignment.map(where)
    np.testing.assert_array_equal(parts.points, whole.points)
    assert parts.status.tolist() == whole.status.tolist()
    assert alignment.map(np.zeros((0, 2))).points.shape == (0, 2)


def test_ambiguous_alignment_maps_no_tissue(make_alignment: Build) -> None:
    mapping = make_alignment(Outcome.AMBIGUOUS).map(np.array([TISSUE, FAR]))
    assert mapping.status.tolist() == ["ambiguous", "outside"]
    assert np.isnan(mapping.points).all()


def test_failed_alignment_is_complete_and_never_identity() -> None:
    pair = SlidePair(slide_info("a", Size(100, 100)), slide_info("b", Size(100, 100)))
    failed = failed_alignment(
        pair, "no tissue", (Reason("blank", "The target is blank."),), tissue_source=box(0, 0, 9, 9)
    )
    mapping = failed.map(np.array([[5.0, 5.0], [50.0, 50.0]]))
    assert mapping.status.tolist() == [Status.NO_COUNTERPART, Status.OUTSIDE]
    assert np.isnan(mapping.points).all()
    assert failed.risk.score == 1.0
    assert mapping.sigma_um is None


def test_contradictory_alignments_are_refused(make_alignment: Build) -> None:
    with pytest.raises(TransformError, match="failed"):
        make_alignment(Outcome.FAILED)
    with pytest.raises(TransformError, match="failure"):
        make_alignment(failure="but it is aligned")
    with pytest.raises(TransformError, match="Risk"):
        Risk(1.2)
    with pytest.raises(TransformError, match="length"):
        Anchors(np.zeros((2, 2)), np.zeros((1, 2)), np.zeros(2, bool), np.zeros(2, int))


def test_hashes_tell_request_and_content_apart(make_alignment: Build) -> None:
    one, same = make_alignment(), make_alignment()
    assert (one.request_id, one.content_sha256) == (same.request_id, same.content_sha256)
    riskier = make_alignment(risk=Risk(0.9))
    assert riskier.request_id == one.request_id
    assert riskier.content_sha256 != one.content_sha256
    asked_otherwise = make_alignment(provenance=Provenance(seed=8))
    assert asked_otherwise.request_id != one.request_id
    assert asked_otherwise.content_sha256 == one.content_sha256


def test_hash_knows_arrays_but_no_objects() -> None:
    assert sha256_of({"a": np.arange(3)}) != sha256_of({"a": np.arange(3.0)})
    assert sha256_of({"a": 1, "b": 2}) == sha256_of({"b": 2, "a": 1})
    with pytest.raises(TypeError, match="object"):
        sha256_of({"a": object()})


def test_fragments_and_outlines(make_alignment: Build) -> None:
    alignment = make_alignment()
    assert [f.id for f in alignment.fragments] == ["tissue-1"]
    assert len(alignment.anchors) == 4
    assert len(Anchors.none()) == 0
    assert len(polygons_of(MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]))) == 2
    assert Piecewise(()).assign(np.zeros((1, 2))).fragment.tolist() == [-1]


def test_annotations_know_their_family_and_their_maker() -> None:
    child = Annotation(uuid.uuid4(), Point(1, 1))
    parent = Annotation(
        uuid.uuid4(), box(0, 0, 2, 2), children=(child,), metadata={"sar_align.run": "r1"}
    )
    assert list(parent.walk()) == [parent, child]
    assert parent.is_ours
    assert not child.is_ours
    with pytest.raises(AnnotationError, match="'blob'"):
        Annotation(uuid.uuid4(), Point(0, 0), kind="blob")
