"""Folders that clients may name files of; nothing outside of them is opened, or told about."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sar_models.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILE_URI = re.compile(r"file:", re.IGNORECASE)
_LOCAL_HOSTS = ("", "localhost", "127.0.0.1")
_LONGEST = 4096
_WHERE = "Name a file below a folder that the server was started with (--root DIR)."


class Roots:
    """The folders below which clients may name files.

    Parameters
    ----------
    folders : sequence of Path

    Raises
    ------
    InputError
        If one is no folder.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise InputError(
                    f"The root {str(folder)!r} is no folder", remedy="Give a folder that exists."
                )
        self.folders = tuple(folder.resolve(strict=True) for folder in folders)

    def resolve(self, text: str) -> Path:
        """Return the file or folder that a client names, without links, inside of a root.

        What is outside is refused in the same words whether it exists or not.

        Parameters
        ----------
        text : str
            An absolute path or a ``file:`` URI, as QuPath has them.

        Raises
        ------
        InputError
            If it lies elsewhere, also through a link, or is not there.
        """
        path = self._path(text)
        try:
            real = path.resolve(strict=False)
            inside = any(real.is_relative_to(root) for root in self.folders)
        except (OSError, ValueError, RuntimeError):  # loops of links, NUL, names too long
            inside = False
        if not inside:
            raise _outside(text)
        if not real.exists():
            raise InputError(f"There is no {_shown(text)}", remedy="Check the name.")
        return real

    def _path(self, text: str) -> Path:
        if not text or len(text) > _LONGEST or "\0" in text:
            raise _outside(text)
        if _FILE_URI.match(text):
            text = _path_of_uri(text)
        # Asking Windows about \\server\share would log in there: refused before it is looked at.
        if text.startswith(("\\\\", "//")):
            raise _outside(text)
        path = Path(text)
        if not path.is_absolute():
            raise InputError(f"{_shown(text)} is no absolute path", remedy=_WHERE)
        return path


def _path_of_uri(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError as exc:
        raise _outside(uri) from exc
    if parts.netloc.lower() not in _LOCAL_HOSTS or parts.query or parts.fragment:
        raise _outside(uri)
    path = unquote(parts.path)
    if "\0" in path:
        raise _outside(uri)
    # file:///C:/slides is C:/slides, not /C:/slides.
    return path[1:] if os.name == "nt" and re.match(r"/[A-Za-z]:", path) else path


def _outside(text: str) -> InputError:
    return InputError(f"{_shown(text)} does not lie below a root of the server", remedy=_WHERE)


def _shown(text: str) -> str:
    """Return the last part of what the client wrote: it knows the rest."""
    name = re.split(r"[/\\]", text.rstrip("/\\"))[-1]
    return repr(name if len(name) <= 80 else f"{name[:77]}...")
