"""The alignment folder: all that ``sar-align align`` leaves, and all that opening it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from sar_models.domain.errors import OutputExistsError, RecordError
from sar_models.domain.records import alignment_from_record, alignment_to_record
from sar_models.stores.atomic import atomic_folder, check_writable, recover_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sar_models.domain.alignment import Alignment

RECORD_NAME = "alignment.json"
ARRAYS_NAME = "transform.safetensors"


def check_output(folder: Path, *, overwrite: bool) -> None:
    """Refuse what cannot become an alignment folder, before anything is computed for it.

    Overwriting replaces an empty folder or an earlier alignment folder and nothing else: a slide
    or a folder of other files, named by mistake, is worth more than the result.

    Raises
    ------
    OutputExistsError
        If ``folder`` is there and ``overwrite`` is not set or must not replace it.
    InputError
        If its parent folder is missing.
    StoreError
        If its parent folder is not writable.
    """
    recover_folder(folder)
    if folder.exists():
        if not overwrite:
            raise OutputExistsError(
                f"The output {str(folder)!r} exists already",
                remedy="Choose another folder, or add --overwrite to replace it.",
            )
        if not folder.is_dir() or (any(folder.iterdir()) and not (folder / RECORD_NAME).is_file()):
            raise OutputExistsError(
                f"The output {str(folder)!r} is no alignment folder and is not replaced",
                remedy="Choose another folder.",
            )
    check_writable(folder)


def write_alignment(
    folder: Path,
    alignment: Alignment,
    files: Mapping[str, bytes] | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Write an alignment folder, whole or not at all.

    Parameters
    ----------
    folder : Path
        Must not exist unless ``overwrite``; then the old one stays until the new one stands.
    alignment : Alignment
    files : mapping of str to bytes
        Further files by their path inside the folder (report, previews).
    overwrite : bool

    Raises
    ------
    OutputExistsError
        If the folder exists and ``overwrite`` is not set.
    """
    contents = dict(files or {}) | alignment_files(alignment)
    with atomic_folder(folder, overwrite=overwrite) as partial:
        for name, data in contents.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def alignment_files(alignment: Alignment) -> dict[str, bytes]:
    """Return the record and the arrays of an alignment as the files that hold them, by name."""
    record, arrays = alignment_to_record(alignment)
    return {
        RECORD_NAME: record.model_dump_json(indent=1).encode(),
        ARRAYS_NAME: save({name: np.ascontiguousarray(a) for name, a in arrays.items()}),
    }


def read_alignment(folder: Path) -> Alignment:
    """Read an alignment folder; nothing but the folder is needed.

    Raises
    ------
    RecordError
        If it is no alignment folder, or is damaged.
    """
    recover_folder(folder)
    try:
        record = json.loads((folder / RECORD_NAME).read_bytes())
        arrays = load((folder / ARRAYS_NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise RecordError(
            f"{str(folder)!r} is no alignment folder: it has no {exc.filename!r}",
            remedy="Give the folder that `sar-align align --out` wrote.",
        ) from exc
    except (json.JSONDecodeError, UnicodeDecodeError, SafetensorError) as exc:
        raise RecordError(
            f"The alignment folder {str(folder)!r} is damaged: {exc}",
            remedy="Align the pair again, or restore the folder from a copy.",
        ) from exc
    if not isinstance(record, dict):
        raise RecordError(f"{str(folder / RECORD_NAME)!r} holds no alignment record")
    return alignment_from_record(record, arrays)
