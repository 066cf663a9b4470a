"""What works a queue off, wherever it does so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType


class Executor(Protocol):
    """A crew that claims jobs of a queue, runs them, and ends them, through ``jobs.lease``.

    :class:`~sar_models.jobs.local.LocalExecutor` has processes of this machine. One of a cluster
    claims here, where the queue is, runs there, and gives the signs of life for its jobs: the queue
    asks only that whoever claims a job renews it, and ends it or gives it back.
    """

    @property
    def workers(self) -> int:
        """How many jobs it runs at the same time."""
        ...

    def tend(self) -> None:
        """See to the crew; to be called several times a second.

        Replaces workers that died and tells the queue of the jobs that they ran.

        Raises
        ------
        EngineError
            If workers cannot be kept alive.
        """
        ...

    def stop(self) -> None:
        """End all workers within seconds; what they ran goes back to the queue."""
        ...

    def __enter__(self) -> Self:
        """Start the crew."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        ...
