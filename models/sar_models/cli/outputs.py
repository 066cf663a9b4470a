"""Output files: what is there already is worth more than a result."""

from __future__ import annotations

from pathlib import Path

from sar_models.domain.errors import InputError, OutputExistsError
from sar_models.stores.atomic import check_writable


def check_file_output(path: Path, *, overwrite: bool) -> None:
    """Refuse an output file that would replace another, or could not be written.

    Raises
    ------
    OutputExistsError
        If ``path`` exists and ``overwrite`` is not set.
    InputError
        If ``path`` is a folder, or its folder is missing.
    StoreError
        If its folder is not writable.
    """
    if path.is_dir():
        raise InputError(f"The output {str(path)!r} is a folder", remedy="Give a file's name.")
    if path.exists() and not overwrite:
        raise OutputExistsError(
            f"The output {str(path)!r} exists already",
            remedy="Choose another name, or add --overwrite to replace it.",
        )
    check_writable(path)
