"""Annotations to GeoJSON files that every QuPath reads."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from sar_models.domain.errors import AnnotationError
from sar_models.stores.atomic import atomic_file
from sar_models.stores.geojson.encode import encode_feature
from sar_models.stores.geojson.lint import lint_feature
from sar_models.stores.geojson.notes import Note, NoteBook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sar_models.domain.annotations import Annotation

_HEAD, _TAIL = '{"type":"FeatureCollection","features":[', "]}\n"


def write_geojson(path: Path, annotations: Iterable[Annotation]) -> tuple[Note, ...]:
    """Write annotations as a QuPath FeatureCollection; the file appears whole or not at all.

    Outlines are made valid and put on a grid of 0.01 px. Every feature passes the linter before
    it is written. One object at a time is held as text.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    annotations : iterable of Annotation
        Written in their own coordinates; convert frames before.

    Returns
    -------
    tuple of Note
        What could not be written: objects smaller than the grid, non-finite measurements.

    Raises
    ------
    AnnotationError
        If an object cannot be written so that QuPath reads it; nothing is written then.
    InputError
        If the folder is missing or not writable.
    """
    book = NoteBook()
    with (
        atomic_file(path) as partial,
        partial.open("w", encoding="ascii", newline="\n") as file,
    ):
        file.writelines(_text(annotations, book))
    return book.notes


def encode_geojson(annotations: Iterable[Annotation]) -> bytes:
    """Return the text that `write_geojson` writes, for stores that send it elsewhere."""
    return "".join(_text(annotations, NoteBook())).encode("ascii")


def feature_texts(annotations: Iterable[Annotation], book: NoteBook) -> Iterator[str]:
    """Yield each annotation as the text of a feature, as `write_geojson` writes it.

    Raises
    ------
    AnnotationError
        If an object cannot be written so that QuPath reads it.
    """
    ids: Counter[str] = Counter()
    for annotation in annotations:
        feature = encode_feature(annotation, book)
        if feature is None:
            continue
        for finding in lint_feature(feature, f"object {annotation.id}", ids):
            if finding.severity == "error":
                raise AnnotationError(
                    f"QuPath would refuse the file: {finding}",
                    remedy="Change or leave out this object.",
                )
        # ASCII escapes keep even text that UTF-8 cannot hold (lone surrogates).
        yield json.dumps(feature, separators=(",", ":"), allow_nan=False)


def _text(annotations: Iterable[Annotation], book: NoteBook) -> Iterator[str]:
    yield _HEAD
    separator = "\n"
    for text in feature_texts(annotations, book):
        yield separator + text
        separator = ",\n"
    yield "\n" + _TAIL
