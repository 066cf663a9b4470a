"""Commands: ``Delete2``, alone or several of them as ``DoAll``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.cmd

from omero_server.deleting import Choice, DeleteRefusedError, Deletion
from omero_server.servants import StatefulService
from omero_server.services.files import remove_file

if TYPE_CHECKING:
    from omero_server.world import Call


class CommandHandle(StatefulService):
    """One submitted command; it ran before the handle was returned."""

    interface = omero.cmd.Handle

    def __init__(self, request: Any) -> None:
        self._request = request
        self._response: Any = None

    @property
    def name(self) -> str:
        """The name under which it is counted."""
        return "Handle"

    def run(self, call: Call) -> None:
        """Run the command."""
        self._response = _run(call, self._request)

    def getRequest(self, call: Call) -> Any:
        return self._request

    def getResponse(self, call: Call) -> Any:
        return self._response

    def getStatus(self, call: Call) -> Any:
        status = omero.cmd.Status()
        failed = isinstance(self._response, omero.cmd.ERR)
        status.flags = [omero.cmd.State.FAILURE] if failed else []
        status.currentStep = status.steps = 1
        return status

    def addCallback(self, call: Call, callback: Any) -> None:
        """Take a callback; clients ask for the response anyway."""

    def removeCallback(self, call: Call, callback: Any) -> None:
        """Forget a callback."""

    def cancel(self, call: Call) -> bool:
        """Return whether the command was stopped: it has run already."""
        return False


def _run(call: Call, request: Any) -> Any:
    if isinstance(request, omero.cmd.DoAll):
        answers = [_run(call, each) for each in request.requests]
        failed = [a for a in answers if isinstance(a, omero.cmd.ERR)]
        return failed[0] if failed else omero.cmd.DoAllRsp(answers, [])
    if isinstance(request, omero.cmd.Delete2):
        return _delete(call, request)
    what = type(request).__name__
    call.world.unserved.append(what)
    return omero.cmd.ERR("not-served", what, {"message": f"this test server has no {what}"})


def _delete(call: Call, request: Any) -> Any:
    world = call.world
    choices = tuple(
        Choice(*(frozenset(getattr(option, name) or ()) for name in _OPTION_FIELDS))
        for option in request.childOptions or ()
    )
    deletion = Deletion(world.database, call.who, choices)
    try:
        with world.lock, world.database.transaction():
            for name, identifiers in (request.targetObjects or {}).items():
                deletion.add(name.rsplit(".", 1)[-1], identifiers)
            deleted = deletion.run(bool(request.dryRun))
    except DeleteRefusedError as exc:
        return omero.cmd.ERR("graph-fail", "::omero::cmd::Delete2", {"message": str(exc)})
    if not request.dryRun:
        for identifier in deletion.files:
            remove_file(world, identifier)
    return omero.cmd.Delete2Response(deleted)


_OPTION_FIELDS = ("includeType", "excludeType", "includeNs", "excludeNs")
