"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sar_models.domain.errors import OptionError
from sar_models.service.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LARGEST_PORT = 65_535


@dataclass(frozen=True)
class ServiceOptions:
    """What a server is told when it starts."""

    state: Path
    """Folder of its queue and of the results; it goes on where an earlier server left off."""
    roots: tuple[Path, ...] = ()
    """Folders below which slides and alignment folders may be named by clients. None of them:
    clients can only ask about results that are there."""
    port: int = 0
    """Port on 127.0.0.1; 0 takes a free one."""
    workers: int = 1
    """Alignments at the same time; 0 queues them for another server or a batch."""
    servers: Path | None = None
    """Folder of the files that tell clients of running servers; ``None`` for the user's."""
    limits: Limits = field(default_factory=Limits)
    """What one client may ask of the machine."""
    tasks: Mapping[str, str] | None = None
    """Kind of job to ``"module:function"``; ``None`` for those of the package."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _LARGEST_PORT:
            raise OptionError(f"Port {self.port!r}", remedy=f"Give 0 to {_LARGEST_PORT}.")
        if self.workers < 0:
            raise OptionError(f"{self.workers!r} workers", remedy="Give 0 or more.")
