"""Transforms from their records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapely.geometry import MultiPolygon, Polygon, shape

from sar_models.domain.errors import RecordError
from sar_models.domain.transforms.affine import Affine
from sar_models.domain.transforms.displacement import Displacement
from sar_models.domain.transforms.inverse import Inverted
from sar_models.domain.transforms.piecewise import Fragment, Outline, Piecewise
from sar_models.domain.transforms.sequence import Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.transforms.base import Transform, TransformRecord


def transform_from_record(record: TransformRecord) -> Transform:
    """Rebuild a transform from its ``to_record()``.

    Raises
    ------
    RecordError
        If the record names an unknown type or lacks a field.
    """
    kind = record.get("type")
    if kind not in _BUILDERS:
        raise RecordError(
            f"Unknown transform type {kind!r}",
            remedy=f"This version knows {sorted(_BUILDERS)}; a newer one may have written it.",
        )
    try:
        return _BUILDERS[kind](record)
    except KeyError as exc:
        raise RecordError(f"A transform record of type {kind!r} lacks the field {exc}") from exc


def outline_from_record(record: dict[str, object]) -> Outline:
    """Rebuild a tissue outline from its GeoJSON geometry.

    Raises
    ------
    RecordError
        If it is no polygon.
    """
    outline = shape(record)
    if not isinstance(outline, Polygon | MultiPolygon):
        raise RecordError(f"A tissue outline is a {outline.geom_type!r}, expected a polygon")
    return outline


def _fragment(record: TransformRecord) -> Fragment:
    return Fragment(
        record["id"],
        outline_from_record(record["source"]),
        outline_from_record(record["target"]),
        transform_from_record(record["transform"]),
        record["confidence"],
        record["anchor_count"],
        record["residual_px"],
    )


def _sequence(record: TransformRecord) -> Sequence:
    return Sequence(tuple(transform_from_record(step) for step in record["transforms"]))


def _inverted(record: TransformRecord) -> Inverted:
    return Inverted(transform_from_record(record["forward"]), record["tolerance"])


def _piecewise(record: TransformRecord) -> Piecewise:
    return Piecewise(
        tuple(_fragment(fragment) for fragment in record["fragments"]),
        tuple(outline_from_record(o) for o in record["unpaired_source"]),
        tuple(outline_from_record(o) for o in record["unpaired_target"]),
        record["reach_source_px"],
        record["reach_target_px"],
    )


_BUILDERS: dict[str, Callable[[TransformRecord], Transform]] = {
    "affine": Affine.from_record,
    "displacement": Displacement.from_record,
    "inverted": _inverted,
    "sequence": _sequence,
    "piecewise": _piecewise,
}
