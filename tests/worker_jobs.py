"""Jobs that can be sent to a worker process."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Environment:
    """Return variables as the worker sees them."""

    names: tuple[str, ...]

    def run(self) -> tuple[str | None, ...]:
        return tuple(os.environ.get(name) for name in self.names)


@dataclass(frozen=True)
class Breaks:
    """Raise an error, or end the process."""

    dies: bool = False

    def run(self) -> tuple[str | None, ...]:
        if self.dies:
            os._exit(9)
        raise ValueError("on purpose")
