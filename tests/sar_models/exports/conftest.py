"""What tests of exports share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sar_models.exports import Exported, ExportOptions, export_alignment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.exports import FormatName

    Write = Callable[..., Exported]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes one file into the test's folder."""

    def write_one(alignment: Alignment, name: str, form: FormatName, **options: Any) -> Exported:
        (exported,) = export_alignment(alignment, tmp_path / name, form, ExportOptions(**options))
        return exported

    return write_one
