"""Versioned records: JSON for people and programs, arrays beside it."""

from sar_models.domain.records.alignment import (
    alignment_from_record,
    alignment_to_record,
    slide_from_record,
)
from sar_models.domain.records.arrays import join_arrays, split_arrays
from sar_models.domain.records.models import ALIGNMENT_SCHEMA_VERSION, AlignmentRecord, SlideRecord
from sar_models.domain.records.review import (
    REVIEW_SCHEMA_VERSION,
    ReviewRecord,
    review_from_record,
    review_to_record,
)

__all__ = [
    "ALIGNMENT_SCHEMA_VERSION",
    "REVIEW_SCHEMA_VERSION",
    "AlignmentRecord",
    "ReviewRecord",
    "SlideRecord",
    "alignment_from_record",
    "alignment_to_record",
    "join_arrays",
    "review_from_record",
    "review_to_record",
    "slide_from_record",
    "split_arrays",
]
