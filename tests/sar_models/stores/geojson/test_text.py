"""The look at a GeoJSON text before it is parsed: part by part, as if it were one."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sar_models.domain.errors import AnnotationError
from sar_models.stores.geojson import ReadLimits, text

PIECES = st.lists(
    st.sampled_from(
        [b'"', b"\\", b"[", b"]", b"{", b"}", b",", b"1", b'"a[b"', b'\\"', b"\xc3\xb5"]
    ),
    max_size=40,
)


@given(pieces=PIECES, chunk=st.integers(1, 9))
def test_parts_leave_out_the_strings_of_the_whole(pieces: list[bytes], chunk: int) -> None:
    data = b"".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_CHUNK", chunk)
        parts = list(text._without_strings(data))
    assert b"".join(parts) == text._STRING.sub(b"", data)


@pytest.mark.parametrize("chunk", [1, 3, 2**20])
def test_depth_and_values_are_counted_across_parts(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(text, "_CHUNK", chunk)
    nested = b'{"type": "FeatureCollection", "[[[": 1, "features": [' + b"[" * 9 + b"]" * 9 + b"]}"
    assert list(text.elements(nested, "a", ReadLimits(max_depth=11))) == [[[[[[[[[[]]]]]]]]]]
    with pytest.raises(AnnotationError, match="nests 11 levels deep"):
        list(text.elements(nested, "a", ReadLimits(max_depth=10)))
    with pytest.raises(AnnotationError, match="max_values"):
        list(text.elements(nested, "a", ReadLimits(max_values=12)))


def test_a_large_collection_is_checked_in_little_more_than_its_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text, "_CHUNK", 2**16)
    feature = b'{"type":"Feature","properties":{"name":"n"},"geometry":null}'
    data = b'{"type":"FeatureCollection","features":[' + b",".join([feature] * 200_000) + b"]}"
    tracemalloc.start()
    next(text.elements(data, "a", ReadLimits()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * len(data)
