"""The alignment folder: all that ``sar-align align`` leaves, and all that opening it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from sar_models.domain.errors import RecordError
from sar_models.domain.records import alignment_from_record, alignment_to_record
from sar_models.stores.atomic import atomic_folder, recover_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sar_models.domain.alignment import Alignment

RECORD_NAME = "alignment.json"
ARRAYS_NAME = "transform.safetensors"


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
    record, arrays = alignment_to_record(alignment)
    contents = dict(files or {}) | {
        RECORD_NAME: record.model_dump_json(indent=1).encode(),
        ARRAYS_NAME: save({name: np.ascontiguousarray(a) for name, a in arrays.items()}),
    }
    with atomic_folder(folder, overwrite=overwrite) as partial:
        for name, data in contents.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


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
