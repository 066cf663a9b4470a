"""The published JSON schema is the one that the code checks by."""

from __future__ import annotations

import json
from pathlib import Path

from sar_models.domain.records import ALIGNMENT_SCHEMA_VERSION, AlignmentRecord

SCHEMA = (
    Path(__file__).parents[3] / "docs" / "schema" / f"alignment-{ALIGNMENT_SCHEMA_VERSION}.json"
)


def test_published_schema_is_current() -> None:
    published = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert published == AlignmentRecord.model_json_schema(), (
        "Write AlignmentRecord.model_json_schema() to docs/schema, and raise the version if old "
        "records do not fit it."
    )
