"""``IUpdate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.api
from omero.rtypes import rlong

from omero_server.saving import Saver, kind_of
from omero_server.security import rights
from omero_server.servants import Service
from omero_server.wire import Writer

if TYPE_CHECKING:
    from omero_server.world import Call


class UpdateService(Service):
    """Saves and deletes; each call is one transaction."""

    interface = omero.api.IUpdate
    writes = frozenset(
        {
            *("saveObject", "saveArray", "saveCollection", "saveAndReturnObject"),
            *("saveAndReturnArray", "saveAndReturnIds", "deleteObject"),
        }
    )

    def saveAndReturnObject(self, call: Call, sent: Any) -> Any:
        """Save one object with what hangs on it."""
        return _save(call, [sent])[0]

    def saveAndReturnArray(self, call: Call, sent: list[Any]) -> list[Any]:
        """Save several objects."""
        return _save(call, sent)

    def saveAndReturnIds(self, call: Call, sent: list[Any]) -> list[int]:
        """Save several objects; return their ids only."""
        return [each.id.val for each in _save(call, sent)]

    def saveObject(self, call: Call, sent: Any) -> None:
        """Save one object."""
        _save(call, [sent])

    def saveArray(self, call: Call, sent: list[Any]) -> None:
        """Save several objects."""
        _save(call, sent)

    def saveCollection(self, call: Call, sent: list[Any]) -> None:
        """Save several objects."""
        _save(call, sent)

    def deleteObject(self, call: Call, sent: Any) -> None:
        """Delete one row that nothing else needs."""
        world = call.world
        with world.lock, world.database.transaction():
            row = world.database.get(kind_of(sent), sent._id.val)
            if row is None:
                raise _invalid(f"No row for {kind_of(sent)}:{sent._id.val}")
            if not rights(world.database, call.who, row).delete:
                raise omero.SecurityViolation(
                    None, "ome.conditions.SecurityViolation", f"Cannot delete {row.kind}:{row.id}"
                )
            if users := world.database.all_referring(row):
                user, name = users[0]
                raise _invalid(f"{row.kind}:{row.id} is used by {user.kind}:{user.id}.{name}")
            world.database.delete(row)


def _save(call: Call, sent: list[Any]) -> list[Any]:
    world, caller = call.world, call.who
    with world.lock:
        with world.database.transaction():
            saver = Saver(world.database, caller, world.new_event())
            rows = [saver.save(each) for each in sent]
        writer = Writer(world.database, caller)
        for each, row in saver.sent_back():
            saved = writer.object(row)
            each._id = rlong(row.id)
            each._version = getattr(saved, "_version", None)
            each._details = saved._details
        # What was sent as an id goes back as an id.
        return [
            each if each._loaded else writer.object(row)
            for each, row in zip(sent, rows, strict=True)
        ]


def _invalid(message: str) -> omero.ValidationException:
    return omero.ValidationException(None, "ome.conditions.ValidationException", message)
