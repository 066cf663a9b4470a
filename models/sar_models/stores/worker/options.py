"""How long a connector's process may take, and how much memory."""

from __future__ import annotations

from dataclasses import dataclass

from sar_models.domain.errors import OptionError

_LEAST_BUFFER = 4096


@dataclass(frozen=True)
class WorkerOptions:
    """Limits within which a connector's process works; beyond, it is ended and the caller told.

    Parameters
    ----------
    start_s : float
        To import the connector, start what it needs (a Java machine takes seconds), and connect.
    read_s : float
        For one block of pixels; over a slow network.
    query_s : float
        To list slides, to read annotations, to plan.
    write_s : float
        To apply a plan; thousands of objects on a server take minutes.
    memory_bytes : int
        Resident memory of the process. One that grew beyond it between two requests is replaced
        by a fresh one; one that grows beyond it within a request is ended.
    buffer_bytes : int
        Shared memory for pixels. Larger regions are read in several blocks.
    """

    start_s: float = 120.0
    read_s: float = 120.0
    query_s: float = 600.0
    write_s: float = 3600.0
    memory_bytes: int = 4 * 2**30
    buffer_bytes: int = 64 * 2**20

    def __post_init__(self) -> None:
        if min(self.start_s, self.read_s, self.query_s, self.write_s) <= 0:
            raise OptionError("A worker's time limits have to be positive")
        if self.buffer_bytes < _LEAST_BUFFER:
            raise OptionError(
                f"A shared buffer of {self.buffer_bytes!r} bytes is too small",
                remedy=f"Give at least {_LEAST_BUFFER}.",
            )
