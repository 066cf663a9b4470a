"""What is asked of a worker: a value with an identity."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

JobId = str
"""The ``request_id`` of what was asked: 64 hexadecimal digits."""

_ID = re.compile(r"[0-9a-f]{64}")
_SHOWN_DIGITS = 12
_LONGEST_LABEL = 120


@dataclass(frozen=True)
class Request:
    """A piece of work.

    Parameters
    ----------
    kind : str
        Which task does it; see :mod:`sar_models.jobs.tasks`.
    id : str
        Hash of all that decides about the result: inputs, options, version, weights. Two requests
        with one id are one job.
    subject : str
        The same without version and weights: what stays equal when the engine is upgraded.
    title : str
        For people.
    label : str
        Begins the name of the result's folder; what no file system takes is replaced.
    values : mapping
        What the task needs, as JSON values.
    """

    kind: str
    id: JobId
    subject: str
    title: str
    label: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise OptionError(f"{self.id!r} is no request id", remedy="Give a sha256 as hex.")

    @property
    def folder(self) -> str:
        """Name of the result's folder: readable, and never another request's."""
        label = re.sub(r"[^\w.\-]+", "_", self.label).strip("._-") or self.kind
        return f"{label[:_LONGEST_LABEL]}--{self.id[:_SHOWN_DIGITS]}"
