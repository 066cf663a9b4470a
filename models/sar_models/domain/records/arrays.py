"""Arrays out of a nested record, and back in: JSON holds a reference in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sar_models.domain.errors import RecordError

REFERENCE = "$array"
Arrays = Mapping[str, NDArray[Any]]


def split_arrays(record: Any) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Replace every array in ``record`` by a reference to it.

    Returns
    -------
    json_record, arrays
        The record without arrays, and the arrays by the path at which they stood.
    """
    arrays: dict[str, NDArray[Any]] = {}

    def visit(value: Any, path: str) -> Any:
        if isinstance(value, np.ndarray):
            arrays[path] = value
            return {REFERENCE: path}
        if isinstance(value, Mapping):
            return {k: visit(v, f"{path}/{k}" if path else str(k)) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [visit(v, f"{path}/{i}") for i, v in enumerate(value)]
        return value

    return visit(record, ""), arrays


def join_arrays(record: Any, arrays: Arrays) -> Any:
    """Put the arrays back in the place of their references.

    Raises
    ------
    RecordError
        If a referenced array is missing.
    """
    if isinstance(record, Mapping):
        if REFERENCE in record:
            name = record[REFERENCE]
            if name not in arrays:
                raise RecordError(
                    f"The record refers to the array {name!r}, which is missing",
                    remedy="Copy the whole alignment folder, not only alignment.json.",
                )
            return arrays[name]
        return {key: join_arrays(value, arrays) for key, value in record.items()}
    if isinstance(record, list):
        return [join_arrays(value, arrays) for value in record]
    return record
