"""A connection that outlives sessions: what only reads is tried again, what writes is not."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from sar_models.domain.errors import StoreError
from sar_omero import _omero
from sar_omero.session import begin_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_omero.address import Address
    from sar_omero.credentials import Login
    from sar_omero.options import OmeroOptions
    from sar_omero.session import Session
    from sar_omero.session_store import SessionStore

_LOG = logging.getLogger("sar_align.omero")
_Result = TypeVar("_Result")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 8.0


class Connection:
    """Reaches a server, again and again. Threads may share it.

    Parameters
    ----------
    address : Address
    options : OmeroOptions
    store : SessionStore
        Where sessions to join are found.
    """

    def __init__(self, address: Address, options: OmeroOptions, store: SessionStore) -> None:
        self.address, self.options = address, options
        self._store = store
        self._given: Login | None = None
        self._session: Session | None = None
        self._lock = threading.RLock()

    def log_in(self, login: Login) -> None:
        """Begin a session with what a person typed.

        Raises
        ------
        StoreError
            If the server refuses, or cannot be reached.
        """
        with self._lock:
            self.close()
            self._given = login
            try:
                self.read(lambda session: session.user)
            except StoreError:
                self._given = None
                raise

    def read(self, action: Callable[[Session], _Result]) -> _Result:
        """Return what ``action`` reads; on a broken connection it is run again with a new one.

        Raises
        ------
        StoreError
            If the server refuses, or stays away for longer than the options' patience.
        """
        deadline = time.monotonic() + self.options.patience_s
        pause = _FIRST_PAUSE_S
        while True:
            session = None
            try:
                session = self.session()
                return action(session)
            except _omero.BUSY as exc:
                pause = max(pause, float(getattr(exc, "backOff", 0)) / 1000)
                reason = _told(exc)
            except _omero.GONE as exc:
                self._drop(session)
                reason = _told(exc)
            except _omero.SERVER_ERRORS as exc:
                raise translated(exc, self.address) from exc
            if time.monotonic() + pause > deadline:
                raise StoreError(
                    f"{self.address.server} does not answer: {reason}",
                    remedy="Check the address, the network and the server, then try again.",
                )
            _LOG.debug("trying again in %.2f s: %s", pause, reason)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def write(self, action: Callable[[Session], _Result]) -> _Result:
        """Return what ``action`` writes; it is run once, since nobody knows how far it came.

        Raises
        ------
        StoreError
            If the server refuses, or the connection breaks.
        """
        session = self.session()
        try:
            return action(session)
        except _omero.GONE as exc:
            self._drop(session)
            raise StoreError(
                f"The connection to {self.address.server} broke while something was written: "
                f"{_told(exc)}",
                remedy="Push again: whatever is missing is added, nothing comes twice.",
            ) from exc
        except _omero.SERVER_ERRORS as exc:
            raise translated(exc, self.address) from exc

    def wake(self) -> None:
        """Make sure that the session lives, before something is written."""
        self.read(lambda session: session.services.getAdminService().getEventContext())

    def session(self) -> Session:
        """Return the session, a new one if there is none."""
        with self._lock:
            if self._session is None:
                try:
                    self._session = begin_session(
                        self.address, self.options, self._store, self._given
                    )
                except _omero.UNREACHABLE as exc:
                    raise translated(exc, self.address) from exc
            return self._session

    def close(self) -> None:
        """Leave the session; it stays open for others."""
        with self._lock:
            self._drop(self._session)

    def _drop(self, session: Session | None) -> None:
        with self._lock:
            if session is not None and session is self._session:
                self._session = None
                session.leave()


def translated(exc: Exception, address: Address) -> StoreError:
    """Return our error for one of the server's."""
    if isinstance(exc, _omero.DENIED):
        return StoreError(
            f"{address.server} does not allow it: {_told(exc)}",
            remedy="Ask the owner of the data or of the group for the permission.",
        )
    if isinstance(exc, _omero.UNREACHABLE):
        return StoreError(
            f"There is no server at {address.server}: {_told(exc)}", remedy="Check the address."
        )
    if isinstance(exc, _omero.NOT_VERIFIED):
        return StoreError(
            f"The certificate of {address.server} cannot be checked: {_told(exc)}",
            remedy="Give the file of its authority with --ca FILE, or, knowing what it means, "
            "--insecure.",
        )
    return StoreError(f"{address.server} reports an error: {_told(exc)}", remedy="Try again later.")


def _told(exc: Exception) -> str:
    """Return the first line of what a server says; its stack trace is for its own log."""
    for name in ("reason", "message", "error"):
        text = str(getattr(exc, name, "") or "")
        if text:
            return f"{type(exc).__name__}: {text.splitlines()[0][:300]}"
    return type(exc).__name__
