"""The error tree of SAR-Align.

Every error that a user can meet is one of these; foreign errors are translated at the edge::

    SarAlignError
    ├── InputError                 what was handed in cannot be used (exit code 2)
    │   ├── SlideError             a slide cannot be opened or read
    │   ├── AnnotationError        annotations (GeoJSON, points) cannot be used
    │   ├── LandmarkError          landmarks or corrections cannot be used
    │   ├── FrameError             coordinates do not fit the frame they are said to be in
    │   ├── TransformError         a transform cannot be built or inverted
    │   ├── RecordError            a stored record cannot be read
    │   │   └── UnknownVersionError    ... because a newer version wrote it
    │   ├── OptionError            an option has an impossible value
    │   ├── ExportError            an alignment cannot be written in a format
    │   │   └── NoTransformError       ... because it has no transform (exit code 4)
    │   └── OutputExistsError      the output is there already
    ├── StoreError                 a store (folder, server, project) refused (exit code 5)
    │   ├── ConflictError          what a plan read has changed since
    │   └── WorkerError            the process of a connector crashed, hung or took too much memory
    └── EngineError                the engine could not work at all (exit code 1)

That two slides *cannot be aligned* is no error: it is an
:class:`~sar_models.domain.alignment.Alignment` whose outcome is ``failed``.
"""

from __future__ import annotations

from typing import ClassVar


class SarAlignError(Exception):
    """Base of every error that SAR-Align raises on purpose.

    Parameters
    ----------
    message : str
        What happened and where, with the offending value.
    remedy : str
        What the user can do about it; one sentence, may be empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        return f"{self.message.rstrip('.')}. {self.remedy}"


class InputError(SarAlignError):
    """What was handed in cannot be used."""

    exit_code: ClassVar[int] = 2


class SlideError(InputError):
    """A slide cannot be opened or read."""


class AnnotationError(InputError):
    """Annotations or points cannot be used."""


class LandmarkError(InputError):
    """Landmarks or corrections cannot be used."""


class FrameError(InputError):
    """Coordinates do not fit the frame that they are said to be in."""


class TransformError(InputError):
    """A transform cannot be built or inverted."""


class RecordError(InputError):
    """A stored record cannot be read."""


class UnknownVersionError(RecordError):
    """A record was written by a version that this one does not know."""


class OptionError(InputError):
    """An option has an impossible value."""


class ExportError(InputError):
    """An alignment cannot be written in the format that was asked for."""


class NoTransformError(ExportError):
    """An alignment has no transform to write: it failed, or is ambiguous."""

    exit_code: ClassVar[int] = 4


class OutputExistsError(InputError):
    """The output is there already and would be overwritten."""


class StoreError(SarAlignError):
    """A store (folder, server, project) refused."""

    exit_code: ClassVar[int] = 5


class ConflictError(StoreError):
    """What a push plan read has changed since it was made."""


class WorkerError(StoreError):
    """The process that a connector runs in crashed, hung, failed or took too much memory."""


class EngineError(SarAlignError):
    """The engine could not work at all (out of memory, broken weights, NaN)."""
