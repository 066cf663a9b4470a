"""Transforms in the formats of other programs, as one file each."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sar_models.exports import FORMATS, export_alignment
from sar_models.service.work.opened import opened

if TYPE_CHECKING:
    from sar_models.exports import ExportOptions, FormatName

_STEM = "transform"


def export(folder: str, into: Path, format_name: FormatName, options: ExportOptions) -> Path:
    """Write a transform below ``into`` and return the file; what is a folder becomes a ZIP file.

    Raises
    ------
    NoTransformError
        If the alignment failed or is ambiguous.
    ExportError
        If the format cannot hold it, or a library is missing.
    """
    alignment = opened(folder)
    form = FORMATS[format_name]
    one = form.holds_pieces or options.fragment is not None or len(alignment.fragments) <= 1
    out = into / (_STEM + form.suffixes[0] if one else _STEM)
    export_alignment(alignment, out, format_name, options)
    if not out.is_dir():
        return out
    archive = shutil.make_archive(str(into / out.name), "zip", into, out.name)
    return Path(archive)
