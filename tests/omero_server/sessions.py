"""Who is logged in: sessions, their services, and when they end."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Session:
    """One session, which several clients may have joined.

    Attributes
    ----------
    idle_s : float
        How long it lives without a call.
    references : int
        How many clients are in it.
    """

    uuid: str
    number: int
    user: int
    group: int
    idle_s: float
    sudoer: int | None = None
    references: int = 1
    detached: bool = False
    used: float = field(default_factory=time.monotonic)
    identities: set[Any] = field(default_factory=set)
    services: dict[str, Any] = field(default_factory=dict)


class Sessions:
    """Every session of the server.

    Parameters
    ----------
    on_end : callable
        Is told each session that ends.
    """

    def __init__(self, idle_s: float, on_end: Callable[[Session], None]) -> None:
        self.idle_s = idle_s
        self._on_end = on_end
        self._lock = threading.RLock()
        self._open: dict[str, Session] = {}
        self._numbers = iter(range(1, 1_000_000))

    def start(self, user: int, group: int, sudoer: int | None = None) -> Session:
        """Return a new session."""
        with self._lock:
            number = next(self._numbers)
            session = Session(str(uuid.uuid4()), number, user, group, self.idle_s, sudoer)
            self._open[session.uuid] = session
            return session

    def find(self, key: str) -> Session | None:
        """Return a session that is alive."""
        with self._lock:
            session = self._open.get(key)
            if session is not None and time.monotonic() - session.used > session.idle_s:
                self.end(session)
                return None
            return session

    def touch(self, session: Session) -> bool:
        """Note a call; return whether the session is still alive."""
        if self.find(session.uuid) is None:
            return False
        session.used = time.monotonic()
        return True

    def end(self, session: Session) -> None:
        """End a session for all who are in it."""
        with self._lock:
            if self._open.pop(session.uuid, None) is not None:
                self._on_end(session)

    def all(self) -> list[Session]:
        """Return the sessions that are alive."""
        with self._lock:
            return [s for s in list(self._open.values()) if self.find(s.uuid)]
