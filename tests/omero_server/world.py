"""What all services of one server share."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omero_server.faults import Faults
from omero_server.model.database import Database
from omero_server.security import EVERY_GROUP, Who, seen_by, who
from omero_server.sessions import Session, Sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from omero_server.model.rows import Row


@dataclass
class World:
    """The state of a server.

    Attributes
    ----------
    lock : threading.RLock
        Held by whatever reads or changes rows: one transaction after the other.
    config : dict
        What ``IConfig`` tells.
    missing_pyramids : dict
        By id of the Pixels: how often an attempt to read still fails.
    services_limit : int
        How many stateful services a session may have.
    errors : list of str
        Tracebacks of what went wrong in the server itself.
    unserved : list of str
        Operations that clients asked for and that this server does not have.
    """

    folder: Path
    database: Database
    sessions: Sessions
    faults: Faults = field(default_factory=Faults)
    lock: threading.RLock = field(default_factory=threading.RLock)
    config: dict[str, str] = field(default_factory=dict)
    missing_pyramids: dict[int, int] = field(default_factory=dict)
    backoff_ms: int = 20
    services_limit: int = 10_000
    logins_refused: int = 0
    errors: list[str] = field(default_factory=list)
    unserved: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, folder: Path, idle_s: float, on_end: Callable[[Session], None]) -> World:
        """Read what an earlier run left, or begin anew."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("files", "pixels"):
            (folder / name).mkdir(exist_ok=True)
        return cls(folder, Database(folder / "log.jsonl"), Sessions(idle_s, on_end))

    def new_event(self) -> int:
        """Note that something happens now; return the id of the event."""
        return self.database.insert("Event", {"time": int(time.time() * 1000)}).id


@dataclass(frozen=True)
class Call:
    """One call of a client.

    Attributes
    ----------
    session : Session
        None for the router, which knows none yet.
    context : dict
        What travels beside the arguments: ``omero.group`` above all.
    """

    world: World
    session: Any
    context: dict[str, str]
    adapter: Any

    @property
    def who(self) -> Who:
        """On whose behalf the call works, and in which group."""
        named = self.context.get("omero.group")
        group = int(named) if named else self.session.group
        return who(self.world.database, self.session.user, group)

    def visible(self) -> Callable[[Row], bool]:
        """Return what tells whether this caller sees a row."""
        return seen_by(self.world.database, self.who)

    def across_groups(self) -> Who:
        """Return the caller in all groups: what an id alone has to be looked up with."""
        return who(self.world.database, self.session.user, EVERY_GROUP)
