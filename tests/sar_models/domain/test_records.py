"""Records come back equal, and damaged ones do not come back at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import box

from sar_models.domain.alignment import Alignment, Outcome, Placement, Quality
from sar_models.domain.errors import RecordError, UnknownVersionError
from sar_models.domain.geometry import Region
from sar_models.domain.records import (
    alignment_from_record,
    alignment_to_record,
    join_arrays,
    split_arrays,
)
from sar_models.domain.transforms import Affine, Fragment, Piecewise

Build = Callable[..., Alignment]


def written(alignment: Alignment) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what a reader finds: parsed JSON text and arrays."""
    record, parts = alignment_to_record(alignment)
    return json.loads(record.model_dump_json()), parts


def test_alignment_round_trip(make_alignment: Build) -> None:
    placement = Placement(Affine.from_similarity(1, 2, (3, 4)), 0.5, box(0, 0, 5, 5))
    for alignment in (
        make_alignment(),
        make_alignment(Outcome.AMBIGUOUS, placements=(placement,)),
        make_alignment(quality=Quality({"pose_margin": float("nan")})),
        make_alignment(
            transform=Piecewise(
                (Fragment("a", box(0, 0, 9, 9), box(0, 0, 9, 9), Affine.identity(), 0.1),)
            )
        ),
    ):
        again = alignment_from_record(*written(alignment))
        assert again.content_sha256 == alignment.content_sha256
        assert again.request_id == alignment.request_id
        assert again.pair == alignment.pair
        assert again.risk == alignment.risk
        assert again.provenance == alignment.provenance
        assert set(again.quality.metrics) == set(alignment.quality.metrics)
        where = np.array([[500.0, 500.0], [1200.0, 800.0]])
        np.testing.assert_array_equal(again.map(where).points, alignment.map(where).points)


def test_json_has_no_nan_and_no_arrays(make_alignment: Build) -> None:
    record, arrays_ = alignment_to_record(make_alignment(quality=Quality({"a": float("nan")})))
    text = record.model_dump_json()
    assert "NaN" not in text
    assert json.loads(text)["quality"] == {"a": None}
    assert set(arrays_) >= {"anchors/source", "sigma/values"}


def test_slide_frame_is_kept(make_alignment: Build) -> None:
    alignment = make_alignment()
    parsed, parts = written(alignment)
    parsed["pair"]["source"]["bounds"] = {"x": 5, "y": 6, "width": 7, "height": 8}
    assert alignment_from_record(parsed, parts).pair.source.bounds == Region(5, 6, 7, 8)


def test_other_versions_and_kinds_are_refused(make_alignment: Build) -> None:
    parsed, parts = written(make_alignment())
    with pytest.raises(UnknownVersionError, match="99"):
        alignment_from_record(parsed | {"schema_version": 99}, parts)
    with pytest.raises(RecordError, match="kind"):
        alignment_from_record({"kind": "something else"}, parts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "perfect"}, "outcome"),
        ({"surprise": 1}, "surprise"),
        ({"risk": {"score": 0.5, "reasons": []}}, "content hash"),
        ({"tissue_source": {"type": "Point", "coordinates": [0, 0]}}, "polygon"),
        ({"transform": {"type": "affine", "matrix": [[1, 0, 0], [0, 1, 0]]}}, "Affine"),
        ({"anchors": {}}, "source"),
    ],
)
def test_damaged_records_are_refused(
    make_alignment: Build, change: dict[str, Any], message: str
) -> None:
    parsed, parts = written(make_alignment())
    with pytest.raises(RecordError, match=message):
        alignment_from_record(parsed | change, parts)


def test_a_placement_has_to_be_affine(make_alignment: Build) -> None:
    parsed, parts = written(make_alignment())
    sequence = {"type": "sequence", "transforms": [Affine.identity().to_record()]}
    placement = {"target_from_source": sequence, "score": 1.0, "target_outline": {}}
    with pytest.raises(RecordError, match="Sequence"):
        alignment_from_record(parsed | {"placements": [placement]}, parts)


def test_missing_and_changed_arrays_are_found(make_alignment: Build) -> None:
    parsed, parts = written(make_alignment())
    with pytest.raises(RecordError, match="anchors/source"):
        alignment_from_record(parsed, {k: v for k, v in parts.items() if k != "anchors/source"})
    with pytest.raises(RecordError, match="content hash"):
        alignment_from_record(parsed, parts | {"anchors/source": parts["anchors/source"] + 1})


nested = st.recursive(
    st.none() | st.integers() | st.text() | arrays(np.float64, 3, elements=st.floats(-1, 1)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("xyz", min_size=1), nested, max_size=3))
def test_arrays_split_and_join(record: dict[str, Any]) -> None:
    plain, parts = split_arrays(record)
    json.dumps(plain)
    np.testing.assert_equal(join_arrays(plain, parts), record)
