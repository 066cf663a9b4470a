"""From a call on the wire to a method of a service, with the faults in between."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import Glacier2
import Ice
import omero

from omero_server.faults import Rule, delay
from omero_server.hql.nodes import QueryError
from omero_server.world import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from omero_server.sessions import Session
    from omero_server.world import World


class Service:
    """What stands behind one proxy.

    Operations are methods of the same name; they take the call and the arguments. An operation
    without an answer is annotated to return None.
    """

    interface: Any
    """The class of omero-py that declares the operations."""
    writes: frozenset[str] = frozenset()
    """Operations that change something."""

    @property
    def name(self) -> str:
        """The name of the interface."""
        found: str = self.interface.__name__
        return found

    def is_write(self, operation: str, arguments: tuple[Any, ...]) -> bool:
        """Return whether a call changes something."""
        return operation in self.writes

    def closed(self) -> None:
        """Let go of what it holds: the session ended or the client closed it."""


class StatefulService(Service):
    """A service that a client creates for itself and has to close."""

    dispatcher: Dispatcher
    identity: Any
    session: Session

    def close(self, call: Call) -> None:
        """End this service."""
        self.dispatcher.remove(self.session, self.identity)
        self.closed()


@dataclass
class Dispatcher:
    """Adds services to the adapter and carries calls to them."""

    world: World
    adapter: Any

    def add(self, service: Service, session: Session | None, name: str, category: str = "") -> Any:
        """Make a service callable; return its proxy."""
        identity = Ice.Identity(name, category)
        if session is not None:
            session.identities.add(identity)
            session.services[name] = service
        if isinstance(service, StatefulService):
            assert session is not None
            service.dispatcher, service.identity, service.session = self, identity, session
        handle = _servant_class(service.interface)(self, service, session)
        self.adapter.add(handle, identity)
        return self.proxy(service.interface, name, category)

    def proxy(self, interface: Any, name: str, category: str = "") -> Any:
        """Return the proxy of a service that was added, of its own type."""
        cast = getattr(sys.modules[interface.__module__], f"{interface.__name__}Prx").uncheckedCast
        return cast(self.adapter.createProxy(Ice.Identity(name, category)))

    def remove(self, session: Session, identity: Any) -> None:
        """Make a service unknown again."""
        session.identities.discard(identity)
        session.services.pop(identity.name, None)
        if self.adapter.find(identity) is not None:
            self.adapter.remove(identity)

    def end_session(self, session: Session) -> None:
        """Make everything of a session unknown."""
        for service in list(session.services.values()):
            service.closed()
        for identity in list(session.identities):
            self.remove(session, identity)

    def dispatch(
        self,
        service: Service,
        session: Session | None,
        operation: str,
        arguments: tuple[Any, ...],
        current: Any,
    ) -> Any:
        """Run one call, with what is to go wrong with it."""
        if session is not None and not self.world.sessions.touch(session):
            raise Ice.ObjectNotExistException
        writes = service.is_write(operation, arguments)
        for rule in self.world.faults.hit(service.name, operation, writes, after=False):
            self._strike(rule, session, current)
        call = Call(self.world, session, dict(current.ctx), current.adapter)
        method = getattr(service, operation, None)
        if method is None:
            what = f"{service.name}.{operation}"
            self.world.unserved.append(what)
            raise omero.ApiUsageException(None, "", f"this test server has no {what}")
        try:
            answer = method(call, *arguments)
        except QueryError as exc:
            raise omero.QueryException(None, "ome.conditions.QueryException", str(exc)) from exc
        except (omero.ServerError, Ice.Exception):
            raise
        except Exception as exc:
            self.world.errors.append(traceback.format_exc())
            raise omero.InternalException(
                traceback.format_exc(), type(exc).__name__, str(exc)
            ) from exc
        if writes:
            self._note_write(service, operation, arguments, session)
        for rule in self.world.faults.hit(service.name, operation, writes, after=True):
            self._strike(rule, session, current)
        return answer

    def _note_write(
        self, service: Service, operation: str, arguments: tuple[Any, ...], session: Session | None
    ) -> None:
        self.world.faults.note_write(
            {
                "operation": f"{service.name}.{operation}",
                "user": None if session is None else session.user,
                "what": [_describe(argument) for argument in arguments],
            }
        )

    def _strike(self, rule: Rule, session: Session | None, current: Any) -> None:
        match rule.action:
            case "delay":
                delay(rule)
            case "hold":
                self.world.faults.hold()
            case "drop" | "lose":
                current.con.close(True)
                raise Ice.ObjectNotExistException
            case "expire":
                if session is not None:
                    self.world.sessions.end(session)
                raise Ice.ObjectNotExistException
            case "refuse":
                if session is None:
                    raise Glacier2.PermissionDeniedException("Password check failed")
                raise omero.InternalException(None, "ome.conditions.InternalException", "refused")
            case "security":
                raise omero.SecurityViolation(
                    None, "ome.conditions.SecurityViolation", "refused on purpose"
                )
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)


def _describe(argument: Any) -> str:
    if isinstance(argument, bytes):
        return f"{len(argument)} bytes"
    if isinstance(argument, list):
        return f"[{', '.join(map(_describe, argument))}]"
    identifier = getattr(argument, "_id", None)
    name = type(argument).__name__
    return name if identifier is None else f"{name}:{identifier.val}"


@cache
def _servant_class(interface: Any) -> Any:
    """Return a servant of an interface that hands every operation on.

    Which operations omero-py answers asynchronously its classes do not tell, so that both ways are
    there under their names.
    """
    members: dict[str, Any] = {"__init__": _initialise}
    for base in interface.__mro__:
        for name in vars(base):
            operation = name.removeprefix("_op_")
            if operation != name and not operation.startswith("ice_"):
                members[operation] = _synchronous(operation)
                members[f"{operation}_async"] = _asynchronous(operation)
    return type(f"{interface.__name__}Servant", (interface,), members)


def _initialise(self: Any, dispatcher: Dispatcher, service: Service, session: Any) -> None:
    self.dispatcher, self.service, self.session = dispatcher, service, session


def _synchronous(operation: str) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any) -> Any:
        *given, current = arguments
        return self.dispatcher.dispatch(
            self.service, self.session, operation, tuple(given), current
        )

    return method


def _asynchronous(operation: str) -> Callable[..., None]:
    def method(self: Any, callback: Any, *arguments: Any) -> None:
        *given, current = arguments
        try:
            answer = self.dispatcher.dispatch(
                self.service, self.session, operation, tuple(given), current
            )
        except Exception as exc:  # noqa: BLE001 - whatever it is, the client has to be told
            callback.ice_exception(exc)
            return
        implementation = getattr(self.service, operation)
        if implementation.__annotations__["return"] in (None, "None"):
            callback.ice_response()
        else:
            callback.ice_response(answer)

    return method
