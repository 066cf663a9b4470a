"""Versioned records: JSON for people and programs, arrays beside it."""

from sar_models.domain.records.alignment import (
    alignment_from_record,
    alignment_to_record,
)
from sar_models.domain.records.arrays import join_arrays, split_arrays
from sar_models.domain.records.models import ALIGNMENT_SCHEMA_VERSION, AlignmentRecord

__all__ = [
    "ALIGNMENT_SCHEMA_VERSION",
    "AlignmentRecord",
    "alignment_from_record",
    "alignment_to_record",
    "join_arrays",
    "split_arrays",
]
