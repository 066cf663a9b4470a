"""The published JSON schema is the one that the code checks by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.records import (
    ALIGNMENT_SCHEMA_VERSION,
    REVIEW_SCHEMA_VERSION,
    AlignmentRecord,
    ReviewRecord,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"


@pytest.mark.parametrize(
    ("name", "record"),
    [
        (f"alignment-{ALIGNMENT_SCHEMA_VERSION}", AlignmentRecord),
        (f"review-{REVIEW_SCHEMA_VERSION}", ReviewRecord),
    ],
)
def test_published_schema_is_current(name: str, record: type[BaseModel]) -> None:
    published = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    assert published == record.model_json_schema(), (
        "Write its model_json_schema() to docs/schema, and raise the version if old records do "
        "not fit it."
    )
