"""Logging in: the Glacier2 router and the session's service factory."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import Glacier2
import Ice
import omero
import omero.api

from omero_server.security import who
from omero_server.servants import Dispatcher, Service, StatefulService
from omero_server.services.admin import AdminService
from omero_server.services.commands import CommandHandle
from omero_server.services.containers import ContainerService
from omero_server.services.files import RawFiles
from omero_server.services.imaging import PixelsService
from omero_server.services.information import (
    ConfigService,
    MetadataService,
    TypesService,
)
from omero_server.services.pixels import RawPixels
from omero_server.services.query import QueryService
from omero_server.services.rois import RoiService
from omero_server.services.session import SessionService
from omero_server.services.thumbnails import Thumbnails
from omero_server.services.update import UpdateService

if TYPE_CHECKING:
    from collections.abc import Callable

    from omero_server.sessions import Session
    from omero_server.world import Call


class Router(Service):
    """What a client talks to first."""

    interface = Glacier2.Router

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def createSession(self, call: Call, user: str, password: str) -> Any:
        """Log in, or join the session whose key is given twice."""
        sessions = call.world.sessions
        session = sessions.find(user) if user == password else None
        if session is not None:
            session.references += 1
        else:
            session = self._login(call, user, password)
            if group := call.context.get("omero.group"):
                who(call.world.database, session.user, int(group))
                session.group = int(group)
        return factory_proxy(self._dispatcher, session)

    def _login(self, call: Call, name: str, password: str) -> Session:
        with call.world.lock:
            for row in call.world.database.rows("Experimenter"):
                if row.values["omeName"] == name and row.values.get("password") == password:
                    return call.world.sessions.start(row.id, row.values["defaultGroup"])
        call.world.logins_refused += 1
        raise Glacier2.PermissionDeniedException("Password check failed")

    def destroySession(self, call: Call) -> None:
        """Leave a session; the last one out ends it unless it was detached."""
        session = call.world.sessions.find(call.context.get("omero.session.uuid", ""))
        if session is None:
            raise Glacier2.SessionNotExistException
        session.references -= 1
        if session.references <= 0 and not session.detached:
            call.world.sessions.end(session)

    def getClientProxy(self, call: Call) -> Any:
        """Return null: everything goes to the router's own endpoint."""
        return None

    def getServerProxy(self, call: Call) -> Any:
        """Return where callbacks would be listened for."""
        return call.adapter.createProxy(Ice.Identity("router", "OMERO.Glacier2"))

    def addProxies(self, call: Call, proxies: list[Any]) -> list[Any]:
        """Return what was thrown out of the routing table: nothing."""
        return []

    def getCategoryForClient(self, call: Call) -> str:
        """Return the category of a client's callbacks."""
        return str(uuid.uuid4())

    def getSessionTimeout(self, call: Call) -> int:
        """Return how long a session lives without a call, in seconds."""
        return int(call.world.sessions.idle_s)

    def getACMTimeout(self, call: Call) -> int:
        """Return after what time a silent connection may be closed, in seconds."""
        return 0

    def refreshSession(self, call: Call) -> None:
        """Keep the session of the context alive."""
        session = call.world.sessions.find(call.context.get("omero.session.uuid", ""))
        if session is None or not call.world.sessions.touch(session):
            raise Glacier2.SessionNotExistException


def factory_proxy(dispatcher: Dispatcher, session: Session) -> Any:
    """Return the proxy of a session's factory: its name is the session's key."""
    if dispatcher.adapter.find(Ice.Identity(session.uuid, "")) is not None:
        return dispatcher.proxy(ServiceFactory.interface, session.uuid)
    return dispatcher.add(ServiceFactory(dispatcher), session, session.uuid)


class ServiceFactory(Service):
    """The services of one session."""

    interface = omero.api.ServiceFactory

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def is_write(self, operation: str, arguments: tuple[Any, ...]) -> bool:
        """Commands write unless they are dry runs."""
        return operation == "submit" and not getattr(arguments[0], "dryRun", False)

    def getQueryService(self, call: Call) -> Any:
        return self._stateless(call, QueryService)

    def getUpdateService(self, call: Call) -> Any:
        return self._stateless(call, UpdateService)

    def getAdminService(self, call: Call) -> Any:
        return self._stateless(call, AdminService)

    def getConfigService(self, call: Call) -> Any:
        return self._stateless(call, ConfigService)

    def getContainerService(self, call: Call) -> Any:
        return self._stateless(call, ContainerService)

    def getMetadataService(self, call: Call) -> Any:
        return self._stateless(call, MetadataService)

    def getPixelsService(self, call: Call) -> Any:
        return self._stateless(call, PixelsService)

    def getRoiService(self, call: Call) -> Any:
        return self._stateless(call, RoiService)

    def getSessionService(self, call: Call) -> Any:
        return self._stateless(call, SessionService)

    def getTypesService(self, call: Call) -> Any:
        return self._stateless(call, TypesService)

    def createRawPixelsStore(self, call: Call) -> Any:
        return self._stateful(call, RawPixels())

    def createRawFileStore(self, call: Call) -> Any:
        return self._stateful(call, RawFiles())

    def createThumbnailStore(self, call: Call) -> Any:
        return self._stateful(call, Thumbnails())

    def getByName(self, call: Call, name: str) -> Any:
        """Return a service that `activeServices` told."""
        if name not in call.session.services:
            raise omero.ApiUsageException(None, "", f"no service {name!r}")
        return self._dispatcher.proxy(omero.api.ServiceInterface, name)

    def activeServices(self, call: Call) -> list[str]:
        """Return the names of what this session has open."""
        return [name for name in call.session.services if name != call.session.uuid]

    def setCallback(self, call: Call, callback: Any) -> None:
        """Take the client's callback; this server never calls it."""

    def closeOnDestroy(self, call: Call) -> None:
        """End the session when the client goes."""
        call.session.detached = False

    def detachOnDestroy(self, call: Call) -> None:
        """Let the session live when the client goes."""
        call.session.detached = True

    def keepAlive(self, call: Call, proxy: Any) -> bool:
        """Return whether the session lives, which this call prolonged."""
        return True

    def keepAllAlive(self, call: Call, proxies: list[Any]) -> int:
        """Return a bit for each proxy that is dead: none."""
        return 0

    def getSecurityContexts(self, call: Call) -> list[Any]:
        """Return the groups that this session may work in."""
        return [omero.model.ExperimenterGroupI(g, False) for g in sorted(call.who.member_of)]

    def setSecurityContext(self, call: Call, group: Any) -> Any:
        """Change the group of the session."""
        if any(isinstance(s, StatefulService) for s in call.session.services.values()):
            raise omero.SecurityViolation(None, "", "close the stateful services first")
        who(call.world.database, call.session.user, group.id.val)
        before = omero.model.ExperimenterGroupI(call.session.group, False)
        call.session.group = group.id.val
        return before

    def submit(self, call: Call, request: Any) -> Any:
        """Run a command; return the handle to ask for its outcome."""
        handle = CommandHandle(request)
        handle.run(call)
        return self._stateful(call, handle)

    def destroy(self, call: Call) -> None:
        """End the session."""
        call.world.sessions.end(call.session)

    def _stateless(self, call: Call, maker: Callable[[], Service]) -> Any:
        service = maker()
        name = f"{call.session.uuid}omero.api.{service.name}"
        if name in call.session.services:
            return self._dispatcher.proxy(service.interface, name)
        return self._dispatcher.add(service, call.session, name)

    def _stateful(self, call: Call, service: StatefulService) -> Any:
        held = sum(isinstance(s, StatefulService) for s in call.session.services.values())
        if held >= call.world.services_limit:
            raise omero.OverUsageException(
                None, "ome.conditions.OverUsageException", f"{held} services are open"
            )
        name = f"{uuid.uuid4()}omero.api.{service.name}"
        return self._dispatcher.add(service, call.session, name)
