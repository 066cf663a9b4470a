"""Annotations of one slide onto the other, batch by batch, in a share of the work."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError
from sar_models.domain.transfer import Verdict, transfer
from sar_models.service.collection import LISTED, Share, SharePart
from sar_models.service.work.opened import opened
from sar_models.stores.geojson import NoteBook, ReadLimits, feature_texts, iter_geojson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sar_models.domain.alignment import Alignment, Direction
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.transfer import ObjectReport, TransferOptions

_BATCH = 1000


def map_share(
    folder: str,
    body: Path,
    out: Path,
    direction: Direction,
    options: TransferOptions,
    share: Share,
    limits: ReadLimits,
) -> SharePart:
    """Map one share of a collection and write its features to a file.

    Every process reads all objects, which takes a fifth of the time, so that ids and limits hold
    for the whole collection; it bends and writes its own.

    Parameters
    ----------
    folder : str
        Alignment folder.
    body : Path
        GeoJSON. When it is removed, nobody wants the result any more.
    out : Path
        Takes the features.
    direction : {"forward", "inverse"}
    options : TransferOptions
    share : Share
    limits : ReadLimits

    Raises
    ------
    AnnotationError
        If the collection cannot be read or an object cannot be used.
    FrameError
        If it cannot be of this slide.
    """
    alignment = opened(folder)
    read, written = NoteBook(), NoteBook()
    lengths: list[int] = []
    counts: Counter[Verdict] = Counter()
    problems: list[dict[str, Any]] = []
    annotations = iter_geojson(body.read_bytes(), read, "the body", limits)
    with out.open("wb") as file:
        for batch in _batches(annotations, share):
            if not body.exists():
                raise InputError("Nobody wants the result any more")
            lengths.append(
                file.write(
                    _batch_text(batch, alignment, direction, options, written, counts, problems)
                )
            )
    # What is noted on reading is the same in all shares.
    notes = (*(read.notes if share.number == 0 else ()), *written.notes)
    return SharePart(
        out,
        tuple(lengths),
        {verdict.value: count for verdict, count in counts.items()},
        tuple(problems),
        tuple(str(note) for note in notes),
    )


def _batches(annotations: Iterator[Annotation], share: Share) -> Iterator[list[Annotation]]:
    """Yield the batches of a share; the others are read and let go."""
    number = 0
    while batch := list(islice(annotations, _BATCH)):
        if number % share.of == share.number:
            yield batch
        number += 1


def _batch_text(
    batch: list[Annotation],
    alignment: Alignment,
    direction: Direction,
    options: TransferOptions,
    book: NoteBook,
    counts: Counter[Verdict],
    problems: list[dict[str, Any]],
) -> bytes:
    result = transfer(batch, alignment, direction, options)
    for report in result.reports:
        counts[report.verdict] += 1
        if report.verdict is not Verdict.MAPPED and len(problems) < LISTED:
            problems.append(_told(report))
    return ",\n".join(feature_texts(result.annotations, book)).encode("ascii")


def _told(report: ObjectReport) -> dict[str, Any]:
    return {
        "id": str(report.id),
        "name": report.name,
        "verdict": report.verdict.value,
        "reason": report.reason,
    }
