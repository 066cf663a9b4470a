"""QuPath's GeoJSON in and out, and the rules that real QuPath holds it to."""

from __future__ import annotations

from sar_models.stores.geojson.limits import ReadLimits
from sar_models.stores.geojson.lint import Finding, lint
from sar_models.stores.geojson.notes import Note, NoteBook
from sar_models.stores.geojson.reader import ReadResult, iter_geojson, parse_geojson, read_geojson
from sar_models.stores.geojson.writer import encode_geojson, feature_texts, write_geojson

__all__ = [
    "Finding",
    "Note",
    "NoteBook",
    "ReadLimits",
    "ReadResult",
    "encode_geojson",
    "feature_texts",
    "iter_geojson",
    "lint",
    "parse_geojson",
    "read_geojson",
    "write_geojson",
]
