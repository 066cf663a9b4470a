"""What a transferred object carries with it."""

from __future__ import annotations

import json
import math
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from sar_models.domain.annotations import METADATA_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Frame, SlideInfo
    from sar_models.domain.transfer.options import TransferOptions
    from sar_models.domain.transfer.result import ObjectReport

SIZE_KEY = f"{METADATA_PREFIX}slide_size"
FRAME_KEY = f"{METADATA_PREFIX}frame"
SOURCE_ID_KEY = f"{METADATA_PREFIX}source_id"
VERDICT_KEY = f"{METADATA_PREFIX}verdict"
FRAGMENTS_KEY = f"{METADATA_PREFIX}fragments"

CONFIDENCE = "SAR-Align: confidence"
ERROR_PX = "SAR-Align: expected error px"
ERROR_UM = "SAR-Align: expected error um"
SOURCE_PREFIX = "source:"

# Fields that describe the shape on the slide that it was drawn on, false once it is bent.
_SHAPE_EXTRAS = ("geometry:", "feature:bbox")


def run_metadata(
    alignment: Alignment, source: SlideInfo, target: SlideInfo, frame: Frame
) -> dict[str, str]:
    """Return the marker that all objects of one transfer share.

    Slides are named, not located: annotation files travel, and paths may tell patients' names.
    """
    values = {
        "source": source.name,
        "source_checksum": source.checksum,
        "target": target.name,
        "run": alignment.request_id,
        "content": alignment.content_sha256,
    }
    return {f"{METADATA_PREFIX}{key}": value for key, value in values.items() if value} | {
        FRAME_KEY: frame.kind,
        SIZE_KEY: str(frame.size),
    }


def fragment_metadata(names: Iterable[str]) -> dict[str, str]:
    """Return the marker that tells which fragments an object followed, by their ids."""
    return {FRAGMENTS_KEY: json.dumps(sorted(set(names)))}


def followed_fragments(annotation: Annotation) -> frozenset[str]:
    """Return the ids of the fragments that a transferred object and its children followed.

    Empty if the marker does not tell it.
    """
    names: set[str] = set()
    for part in annotation.walk():
        try:
            told = json.loads(part.metadata.get(FRAGMENTS_KEY, "null"))
        except ValueError:
            told = None
        if not isinstance(told, list):
            return frozenset()
        names.update(map(str, told))
    return frozenset(names)


def part_id(source: uuid.UUID, part: str) -> uuid.UUID:
    """Return the id of the part of an object that follows the fragment named ``part``."""
    return uuid.uuid5(source, part)


def marked(
    source: Annotation,
    identity: uuid.UUID,
    geometry: BaseGeometry,
    nucleus: BaseGeometry | None,
    report: ObjectReport,
    run: Mapping[str, str],
    options: TransferOptions,
) -> Annotation:
    """Return the object on the other slide: class, name, colours and lock of its source."""
    own = {
        CONFIDENCE: report.confidence,
        ERROR_PX: report.sigma_px,
        ERROR_UM: report.sigma_um,
    }
    kept = source.measurements if options.source_measurements == "keep" else {}
    return replace(
        source,
        id=identity,
        geometry=geometry,
        nucleus=nucleus,
        children=(),
        measurements={f"{SOURCE_PREFIX}{name}": value for name, value in kept.items()}
        | {name: round(value, 4) for name, value in own.items() if math.isfinite(value)},
        metadata={
            **source.metadata,
            **run,
            SOURCE_ID_KEY: str(source.id),
            VERDICT_KEY: report.verdict.value,
        },
        extra={k: v for k, v in source.extra.items() if not k.startswith(_SHAPE_EXTRAS)},
    )
