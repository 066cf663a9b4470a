"""``ISession``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.api
import omero.model
from omero.rtypes import rlong, rstring

from omero_server.security import who
from omero_server.servants import Service
from omero_server.services.admin import experimenter_named, group_named

if TYPE_CHECKING:
    from omero_server.sessions import Session
    from omero_server.world import Call


class SessionService(Service):
    """What a client asks about sessions, and how an administrator gets one of somebody else."""

    interface = omero.api.ISession

    def getSession(self, call: Call, key: str) -> Any:
        """Return a session."""
        return _as_object(self._find(call, key))

    def getReferenceCount(self, call: Call, key: str) -> int:
        """Return how many clients are in a session."""
        return self._find(call, key).references

    def closeSession(self, call: Call, sent: Any) -> int:
        """Leave a session; return how many clients are still in it."""
        session = self._find(call, sent.uuid.val)
        session.references -= 1
        left = max(session.references, 0)
        if left == 0:
            call.world.sessions.end(session)
        return left

    def createSessionWithTimeout(self, call: Call, principal: Any, live_ms: int) -> Any:
        """Return a session of somebody, for administrators."""
        return self.createSessionWithTimeouts(call, principal, live_ms, 0)

    def createSessionWithTimeouts(
        self, call: Call, principal: Any, live_ms: int, idle_ms: int
    ) -> Any:
        """Return a session of somebody, for administrators."""
        if not call.who.is_admin:
            raise omero.SecurityViolation(
                None, "ome.conditions.SecurityViolation", "only administrators may sudo"
            )
        row = experimenter_named(call, principal.name)
        group = row.values["defaultGroup"]
        if principal.group:
            group = group_named(call, principal.group).id
            who(call.world.database, row.id, group)
        session = call.world.sessions.start(row.id, group, sudoer=call.session.user)
        session.detached = True
        if idle_ms:
            session.idle_s = idle_ms / 1000
        return _as_object(session)

    def createUserSession(self, call: Call, live_ms: int, idle_ms: int, group: str) -> Any:
        """Return another session of the caller."""
        session = call.world.sessions.start(call.session.user, call.session.group)
        session.detached = True
        if idle_ms:
            session.idle_s = idle_ms / 1000
        return _as_object(session)

    def getMyOpenSessions(self, call: Call) -> list[Any]:
        """Return the sessions of the caller."""
        mine = [s for s in call.world.sessions.all() if s.user == call.session.user]
        return [_as_object(session) for session in mine]

    def _find(self, call: Call, key: str) -> Session:
        session = call.world.sessions.find(key)
        if session is None:
            raise omero.RemovedSessionException(
                None, "ome.conditions.RemovedSessionException", f"No session with uuid: {key}"
            )
        return session


def _as_object(session: Session) -> Any:
    found = omero.model.SessionI(session.number, True)
    found.uuid = rstring(session.uuid)
    found.timeToIdle = rlong(int(session.idle_s * 1000))
    found.timeToLive = rlong(0)
    found.owner = omero.model.ExperimenterI(session.user, False)
    found.defaultEventType = rstring("User")
    found.details.group = omero.model.ExperimenterGroupI(session.group, False)
    found.unloadCollections()
    return found
