"""Where exports go: files and folders that are there whole or not at all."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError, OutputExistsError
from sar_models.exports.about import MARK
from sar_models.stores.atomic import atomic_file, atomic_folder, check_writable, recover_folder

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.exports.formats import ExportFormat

ABOUT_NAME = "about.json"
_STORE_NAME = "zarr.json"


def statement_of(file: Path, form: ExportFormat) -> Path:
    """Return where the statement of a file stands: beside it, or in a store's own attributes.

    The name holds the format, not the file's own ending: programs that look for their files by
    name find theirs alone.
    """
    if form.is_store:
        return file / _STORE_NAME
    stem = file.name.removesuffix(form.suffix_of(file.name) or "")
    return file.with_name(f"{stem}.{form.name}.{ABOUT_NAME}")


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write a statement for people and programs."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def stamp_store(store: Path, record: dict[str, Any]) -> None:
    """Put a statement into the attributes of a Zarr group, beside those of OME."""
    path = store / _STORE_NAME
    group = json.loads(path.read_bytes())
    group["attributes"]["sar-align"] = record
    write_json(path, group)


def check_file(file: Path, form: ExportFormat, *, overwrite: bool) -> None:
    """Refuse a file that would replace another, or could not be written.

    Raises
    ------
    OutputExistsError
        If it or its statement exists and ``overwrite`` is not set.
    InputError
        If it is a folder, or its folder is missing.
    StoreError
        If its folder is not writable.
    """
    for path in (file, statement_of(file, form)):
        if path.is_dir():
            raise InputError(f"The output {str(path)!r} is a folder", remedy="Give another name.")
        if path.exists() and not overwrite:
            raise _exists(path)
    check_writable(file)


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that would replace anything but an earlier export.

    Raises
    ------
    OutputExistsError
        If it exists and ``overwrite`` is not set or must not replace it.
    InputError
        If its parent folder is missing.
    StoreError
        If its parent folder is not writable.
    """
    recover_folder(folder)
    if folder.exists():
        if not overwrite:
            raise _exists(folder)
        if not folder.is_dir() or (any(folder.iterdir()) and not _is_export(folder)):
            raise OutputExistsError(
                f"The output {str(folder)!r} is no earlier export and is not replaced",
                remedy="Choose another name.",
            )
    check_writable(folder)


def place_file(written: Path, file: Path, form: ExportFormat, record: dict[str, Any]) -> None:
    """Put a file and its statement in their places, the statement first."""
    with ExitStack() as places:
        copy = places.enter_context(atomic_file(file))
        statement = places.enter_context(atomic_file(statement_of(file, form)))
        shutil.copyfile(written, copy)
        write_json(statement, record)


def place_folder(written: Path, folder: Path, *, overwrite: bool) -> None:
    """Put a folder in its place."""
    with atomic_folder(folder, overwrite=overwrite) as partial:
        shutil.copytree(written, partial, dirs_exist_ok=True)


def _is_export(folder: Path) -> bool:
    for name, keys in ((ABOUT_NAME, ()), (_STORE_NAME, ("attributes", "sar-align"))):
        try:
            found = json.loads((folder / name).read_bytes())
            for key in keys:
                found = found[key]
            if MARK in found:
                return True
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return False


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError(
        f"The output {str(path)!r} exists already",
        remedy="Choose another name, or add --overwrite to replace it.",
    )
