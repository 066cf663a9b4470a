"""The sessions that ``omero login`` keeps: found, added and removed in its own format.

A session is a file ``HOST/USER/KEY`` below ``OMERO_SESSIONDIR`` (``~/omero/sessions``); the last
one of a user stands in ``._LASTSESS_``. Ours are readable by their owner alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil

from sar_models.stores.lock import lock_file
from sar_omero.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sar_omero.address import Address

_KEY = re.compile(r"[0-9A-Za-z-]{8,}")
_LAST_USER, _LAST_SESSION, _REFUSED = "._LASTUSER_", "._LASTSESS_", "._SAR_ALIGN_REFUSED_"
_LOGIN_WAIT_S = 60.0


@dataclass(frozen=True)
class StoredSession:
    """A session that somebody has open.

    Parameters
    ----------
    user : str
    key : Secret
    """

    user: str
    key: Secret


def sessions_folder() -> Path:
    """Return where ``omero login`` keeps sessions."""
    told = os.environ.get("OMERO_SESSIONDIR")
    if told:
        return Path(told)
    home = os.environ.get("OMERO_USERDIR")
    return (Path(home) if home else Path.home() / "omero") / "sessions"


class SessionStore:
    """The sessions of one server.

    Parameters
    ----------
    address : Address
    folder : Path, optional
        Where all sessions are.
    """

    def __init__(self, address: Address, folder: Path | None = None) -> None:
        self._root = folder or sessions_folder()
        self._folder = self._root / _escaped(address.host)
        self._host, self._port = address.host, address.port
        self._user = address.user

    def last_user(self) -> str:
        """Return who logged in last, or an empty string."""
        return self._user or _text(self._folder / _LAST_USER)

    def find(self) -> list[StoredSession]:
        """Return the sessions that can be joined, the last one first."""
        user = self.last_user()
        folder = self._folder / user
        if not user or not folder.is_dir():
            return []
        last = _text(folder / _LAST_SESSION)
        keys = sorted(
            (file for file in folder.iterdir() if _KEY.fullmatch(file.name) and self._fits(file)),
            key=lambda file: (file.name != last, -file.stat().st_mtime),
        )
        return [StoredSession(user, Secret(file.name)) for file in keys]

    def add(self, session: StoredSession) -> None:
        """Keep a session, so that other processes, and the ``omero`` command, join it."""
        folder = self._folder / session.user
        key = session.key.reveal()
        lines = f"omero.host={self._host}\nomero.user={session.user}\n"
        lines += f"omero.sess={key}\nomero.port={self._port}\n"
        _write(folder / key, lines)
        self._root.chmod(0o700)
        _write(folder / _LAST_SESSION, key)
        if not _text(self._folder / _LAST_USER):
            _write(self._folder / _LAST_USER, session.user)

    def remove(self, session: StoredSession) -> None:
        """Forget a session that is no more."""
        folder, key = self._folder / session.user, session.key.reveal()
        (folder / key).unlink(missing_ok=True)
        if _text(folder / _LAST_SESSION) == key:
            (folder / _LAST_SESSION).unlink(missing_ok=True)

    @contextlib.contextmanager
    def logging_in(self) -> Iterator[None]:
        """Let one process after the other log in: the next may find the first one's session."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = self._folder / f".sar_align_{self._port}.lock"
        with lock_file(lock, "the login", wait_s=_LOGIN_WAIT_S):
            yield

    def note_refusal(self, user: str) -> None:
        """Remember that the server refused a login, for all processes that run now."""
        _write(self._folder / f"{_REFUSED}{_escaped(user)}", f"{time.time():.3f}\n")

    def was_refused(self, user: str) -> bool:
        """Tell whether a login was refused since this process began: it is not tried again."""
        noted = _text(self._folder / f"{_REFUSED}{_escaped(user)}")
        return bool(noted) and float(noted) >= psutil.Process().create_time()

    def forget_refusal(self, user: str) -> None:
        """Let the next login be tried: the user gave another password."""
        (self._folder / f"{_REFUSED}{_escaped(user)}").unlink(missing_ok=True)

    def _fits(self, file: Path) -> bool:
        lines = dict(line.partition("=")[::2] for line in _text(file).splitlines())
        return lines.get("omero.port", str(self._port)) == str(self._port)


def _escaped(name: str) -> str:
    """Return a name as a folder's; as omero-py escapes a host."""
    return quote(name, safe="")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)
    partial.replace(file)
