"""Errors across the border between processes: typed on one side, the same type on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_models.domain import errors
from sar_models.domain.errors import SarAlignError, WorkerError

if TYPE_CHECKING:
    from collections.abc import Mapping


def error_to_json(error: Exception) -> dict[str, Any]:
    """Return an error as JSON values.

    A connector's own kind of error travels as the nearest of ours; one that is none of ours is a
    defect of the connector and travels as a :class:`WorkerError`.
    """
    if not isinstance(error, SarAlignError):
        return {
            "type": WorkerError.__name__,
            "message": f"The connector failed: {type(error).__name__}: {error}",
            "remedy": "This is a defect; run again with --verbose and report the traceback.",
        }
    known = next(
        kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind
    )
    return {"type": known.__name__, "message": error.message, "remedy": error.remedy}


def error_from_json(values: Mapping[str, Any]) -> SarAlignError:
    """Return the error that JSON values describe."""
    kind = getattr(errors, str(values["type"]), WorkerError)
    if not (isinstance(kind, type) and issubclass(kind, SarAlignError)):
        kind = WorkerError
    return kind(str(values["message"]), remedy=str(values["remedy"]))
