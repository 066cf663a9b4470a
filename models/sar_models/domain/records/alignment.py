"""Alignments to records and back."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from shapely.geometry import mapping

from sar_models.domain.alignment import (
    Alignment,
    Anchors,
    Outcome,
    Placement,
    Quality,
    Reason,
    Risk,
)
from sar_models.domain.errors import RecordError, UnknownVersionError
from sar_models.domain.geometry import Mpp, Region, ScalarGrid, Size
from sar_models.domain.provenance import Provenance
from sar_models.domain.records.arrays import Arrays, join_arrays, split_arrays
from sar_models.domain.records.models import (
    ALIGNMENT_SCHEMA_VERSION,
    AlignmentRecord,
    SlideRecord,
)
from sar_models.domain.slides import SlideInfo, SlidePair
from sar_models.domain.transforms import (
    Affine,
    Piecewise,
    outline_from_record,
    transform_from_record,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def alignment_to_record(
    alignment: Alignment,
) -> tuple[AlignmentRecord, dict[str, NDArray[Any]]]:
    """Return the JSON record of an alignment and its arrays by reference."""
    body, arrays = split_arrays(
        {
            "transform": _null_residuals(alignment.transform.to_record()),
            "anchors": alignment.anchors.to_record(),
            "sigma": alignment.sigma.to_record(),
            "confidence": alignment.confidence.to_record(),
            "tissue_source": mapping(alignment.tissue_source),
            "tissue_target": mapping(alignment.tissue_target),
            "placements": [placement.to_record() for placement in alignment.placements],
        }
    )
    record = AlignmentRecord.model_validate(
        body
        | {
            "request_id": alignment.request_id,
            "content_sha256": alignment.content_sha256,
            "outcome": alignment.outcome.value,
            "failure": alignment.failure,
            "pair": {
                "source": asdict(alignment.pair.source),
                "target": asdict(alignment.pair.target),
            },
            "risk": asdict(alignment.risk),
            "quality": dict(alignment.quality.metrics),
            "provenance": asdict(alignment.provenance),
        }
    )
    return record, arrays


def alignment_from_record(record: Mapping[str, Any], arrays: Arrays) -> Alignment:
    """Rebuild an alignment from parsed JSON and its arrays.

    Raises
    ------
    UnknownVersionError
        If another version of the format wrote it.
    RecordError
        If it is no alignment, incomplete, or was changed after it was written.
    """
    _check_version(record)
    try:
        parsed = AlignmentRecord.model_validate(record)
        alignment = _build(parsed, arrays)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecordError(
            f"The alignment record is damaged at {where!r}: {first['msg']}",
            remedy="Align the pair again, or restore the folder from a copy.",
        ) from exc
    except (KeyError, TypeError, ValueError) as exc:
        raise RecordError(f"The alignment record is damaged: {exc!r}") from exc
    if alignment.content_sha256 != parsed.content_sha256:
        raise RecordError(
            f"The alignment differs from what was written: its content hash is "
            f"{alignment.content_sha256!r}, recorded is {parsed.content_sha256!r}",
            remedy="Restore the folder from a copy; reviews cite the recorded content.",
        )
    return alignment


def _check_version(record: Mapping[str, Any]) -> None:
    if record.get("kind") != "sar-align/alignment":
        raise RecordError(f"This is no alignment record: its kind is {record.get('kind')!r}")
    version = record.get("schema_version")
    if version != ALIGNMENT_SCHEMA_VERSION:
        raise UnknownVersionError(
            f"The alignment record has version {version!r}, this program reads "
            f"{ALIGNMENT_SCHEMA_VERSION}",
            remedy="Install the version of sar-align that wrote it, or a newer one.",
        )


def _build(record: AlignmentRecord, arrays: Arrays) -> Alignment:
    transform = transform_from_record(_nan_residuals(join_arrays(record.transform, arrays)))
    if not isinstance(transform, Piecewise):
        raise RecordError(f"The alignment's transform is a {type(transform).__name__}")
    return Alignment(
        pair=SlidePair(
            slide_from_record(record.pair.source), slide_from_record(record.pair.target)
        ),
        outcome=Outcome(record.outcome),
        transform=transform,
        risk=Risk(
            record.risk.score,
            tuple(Reason(**reason.model_dump()) for reason in record.risk.reasons),
        ),
        anchors=Anchors.from_record(join_arrays(record.anchors, arrays)),
        quality=Quality(dict(record.quality)),
        sigma=ScalarGrid.from_record(join_arrays(record.sigma, arrays)),
        confidence=ScalarGrid.from_record(join_arrays(record.confidence, arrays)),
        tissue_source=outline_from_record(record.tissue_source),
        tissue_target=outline_from_record(record.tissue_target),
        placements=tuple(_placement(placement) for placement in record.placements),
        failure=record.failure,
        provenance=Provenance(**record.provenance.model_dump()),
    )


def slide_from_record(record: SlideRecord) -> SlideInfo:
    """Return the slide that a record describes."""
    return SlideInfo(
        uri=record.uri,
        name=record.name,
        size=Size(**record.size.model_dump()),
        levels=tuple(Size(**level.model_dump()) for level in record.levels),
        mpp=None if record.mpp is None else Mpp(**record.mpp.model_dump()),
        bounds=None if record.bounds is None else Region(**record.bounds.model_dump()),
        reader=record.reader,
        series=record.series,
        checksum=record.checksum,
        stain=record.stain,
    )


def _placement(record: dict[str, Any]) -> Placement:
    transform = transform_from_record(record["target_from_source"])
    if not isinstance(transform, Affine):
        raise RecordError(f"A placement's transform is a {type(transform).__name__}")
    return Placement(transform, record["score"], outline_from_record(record["target_outline"]))


def _null_residuals(record: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN: a fragment without anchors has no residual."""
    fragments = [
        fragment | {"residual_px": _finite_or(fragment["residual_px"], None)}
        for fragment in record["fragments"]
    ]
    return record | {"fragments": fragments}


def _nan_residuals(record: dict[str, Any]) -> dict[str, Any]:
    fragments = [
        fragment | {"residual_px": _finite_or(fragment["residual_px"], math.nan)}
        for fragment in record.get("fragments", [])
    ]
    return record | {"fragments": fragments}


def _finite_or(value: float | None, otherwise: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else otherwise
