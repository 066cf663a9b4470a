"""Ctrl-C, told apart from the errors that it turns into on its way."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@dataclass
class CtrlC:
    """Whether Ctrl-C was pressed.

    Compiled modules that are being imported when it comes make an ``ImportError`` of the
    ``KeyboardInterrupt``, and others a ``SystemError``: the exception alone does not tell.
    """

    pressed: bool = False

    def press(self, number: int, frame: FrameType | None) -> None:
        """Remember the signal, and interrupt as Python does."""
        self.pressed = True
        signal.default_int_handler(number, frame)


@contextmanager
def watching_ctrl_c() -> Iterator[CtrlC]:
    """Remember Ctrl-C inside the block, unless the caller has it ignored or handles it."""
    ctrl_c = CtrlC()
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield ctrl_c
        return
    signal.signal(signal.SIGINT, ctrl_c.press)
    try:
        yield ctrl_c
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
