"""Java's output goes nowhere."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def redirect(stderr: bool = False, stdout: bool = False) -> Iterator[None]:
    del stderr, stdout
    yield
