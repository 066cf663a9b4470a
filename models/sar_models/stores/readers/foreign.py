"""What decoding libraries throw at broken files, and how it becomes one of our errors."""

from __future__ import annotations

import contextlib
import logging
import struct
import threading
import zlib
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import numpy as np
import openslide

from sar_models.domain.errors import FrameError, OptionError, SlideError

if TYPE_CHECKING:
    from collections.abc import Iterator

FOREIGN_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    # tifffile raises ValueError (TiffFileError is one) and whatever a broken tag trips over.
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    EOFError,
    # imagecodecs' errors are RuntimeErrors; so are NotImplementedError and RecursionError.
    RuntimeError,
    ImportError,
    struct.error,
    zlib.error,
    ParseError,
    openslide.OpenSlideError,
    MemoryError,
    # Sizes and pixel sizes that our own values refuse.
    FrameError,
    OptionError,
)


@contextlib.contextmanager
def translated(what: str, remedy: str) -> Iterator[None]:
    """Turn any error of a decoding library into a :class:`SlideError` that says ``what``.

    Numbers of a damaged header may be numpy's, which warn where Python's raise: the infinities
    that follow raise soon enough, and the user gets one message.
    """
    try:
        with np.errstate(all="ignore"):
            yield
    except FOREIGN_ERRORS as exc:
        raise SlideError(f"{what}: {describe(exc)}", remedy=remedy) from exc


def describe(exc: BaseException) -> str:
    """Return the first line of an error, or its kind when it has no text."""
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    return str(exc).partition("\n")[0] or type(exc).__name__


@contextlib.contextmanager
def tifffile_complaints() -> Iterator[list[str]]:
    """Collect what tifffile complains about in this thread, and keep it off the user's screen.

    tifffile reports damage by logging instead of raising.
    """
    complaints: list[str] = []
    handler = _Collector(complaints, threading.get_ident())
    logger = logging.getLogger("tifffile")
    level = logger.level
    # Whoever silenced tifffile would silence the news of damage with it.
    if not logger.isEnabledFor(logging.ERROR):
        logger.setLevel(logging.ERROR)
    logger.addHandler(handler)
    try:
        yield complaints
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Collector(logging.Handler):
    """Collect error messages of one thread; its presence alone keeps all of them off stderr."""

    def __init__(self, messages: list[str], thread: int) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages
        self._thread = thread

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR and record.thread == self._thread:
            self._messages.append(record.getMessage())
