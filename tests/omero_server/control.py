"""What tests ask of the server besides its API: one JSON object a line, in and out."""

from __future__ import annotations

import json
import sys
import traceback
from typing import TYPE_CHECKING, Any

from omero_server import dumping, seeding
from omero_server.faults import Rule
from omero_server.servants import StatefulService

if TYPE_CHECKING:
    from omero_server.world import World


class Control:
    """The commands; each public method is one."""

    def __init__(self, world: World) -> None:
        self._world = world

    def serve(self) -> None:
        """Answer until the test lets go of the pipe."""
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                answer = {"ok": getattr(self, asked["do"])(**asked["with"])}
            except Exception:  # noqa: BLE001 - the test shall see it, the server lives on
                answer = {"error": traceback.format_exc()}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()

    def seed(self, what: str, **fields: Any) -> Any:
        """Add something, see `seeding`."""
        with self._world.lock:
            return getattr(seeding, what)(self._world, **fields)

    def dump(self, what: str) -> Any:
        """Return the state, see `dumping`."""
        with self._world.lock:
            return getattr(dumping, what)(self._world)

    def fault(self, **fields: Any) -> None:
        """Add a rule."""
        fields["operations"] = tuple(fields["operations"])
        self._world.faults.rules.append(Rule(**fields))

    def wait_held(self, seconds: float) -> bool:
        """Wait until a call is held."""
        return self._world.faults.wait_held(seconds)

    def release(self) -> None:
        """Let go of held calls and forget all rules."""
        self._world.faults.release()

    def writes(self) -> list[dict[str, Any]]:
        """Return the journal of write calls."""
        return self._world.faults.writes

    def calls(self) -> dict[str, int]:
        """Return how often each operation was called."""
        return self._world.faults.calls

    def forget(self) -> None:
        """Empty the journal and the counts."""
        self._world.faults.writes.clear()
        self._world.faults.calls.clear()

    def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions that are alive, each with its open services."""
        return [
            {
                "uuid": session.uuid,
                "user": session.user,
                "references": session.references,
                "detached": session.detached,
                "services": sorted(
                    service.name
                    for service in session.services.values()
                    if isinstance(service, StatefulService)
                ),
            }
            for session in self._world.sessions.all()
        ]

    def expire_sessions(self) -> int:
        """End all sessions as if they had been idle; return how many there were."""
        alive = self._world.sessions.all()
        for session in alive:
            self._world.sessions.end(session)
        return len(alive)

    def set(self, name: str, value: Any) -> None:
        """Change ``backoff_ms``, ``services_limit``, ``idle_s``."""
        if name == "idle_s":
            self._world.sessions.idle_s = value
        else:
            assert hasattr(self._world, name), name
            setattr(self._world, name, value)

    def missing_pyramid(self, pixels: int, attempts: int) -> None:
        """Let the next attempts to read some Pixels fail."""
        self._world.missing_pyramids[pixels] = attempts

    def troubles(self) -> dict[str, Any]:
        """Return what went wrong in the server, and what it was asked for and does not have."""
        return {"errors": self._world.errors, "unserved": self._world.unserved}

    def logins_refused(self) -> int:
        """Return how many logins had a wrong password."""
        return self._world.logins_refused
