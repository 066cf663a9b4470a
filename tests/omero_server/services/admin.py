"""``IAdmin``: who is who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.api
import omero.sys

from omero_server import security
from omero_server.servants import Service
from omero_server.wire import Writer

if TYPE_CHECKING:
    from omero_server.model.rows import Row
    from omero_server.world import Call


class AdminService(Service):
    """Reads people and groups; changing them is the control channel's business."""

    interface = omero.api.IAdmin

    def getEventContext(self, call: Call) -> Any:
        """Return on whose behalf and in which group calls work."""
        caller, session, database = call.who, call.session, call.world.database
        group = caller.group if caller.group != security.EVERY_GROUP else session.group
        user, home = (
            database.get("Experimenter", session.user),
            database.get("ExperimenterGroup", group),
        )
        assert user is not None
        assert home is not None
        found = omero.sys.EventContext()
        found.shareId = -1
        found.sessionId, found.sessionUuid = session.number, session.uuid
        found.userId, found.userName = user.id, user.values["omeName"]
        found.groupId, found.groupName = home.id, home.values["name"]
        found.isAdmin = caller.is_admin
        found.adminPrivileges = _privileges(caller.is_admin)
        found.eventId, found.eventType = -1, "User"
        found.memberOfGroups = sorted(caller.member_of)
        found.leaderOfGroups = sorted(caller.leader_of)
        kind = home.values["permissions"]
        found.groupPermissions = omero.model.PermissionsI(security.PERMISSIONS[kind])
        if session.sudoer is not None:
            found.sudoerId = omero.rtypes.rlong(session.sudoer)
        return found

    def getSecurityRoles(self, call: Call) -> Any:
        """Return the ids that mean something."""
        roles = omero.sys.Roles()
        roles.rootId, roles.rootName = security.ROOT, "root"
        roles.guestId, roles.guestName = security.GUEST, "guest"
        roles.systemGroupId, roles.systemGroupName = security.SYSTEM_GROUP, "system"
        roles.userGroupId, roles.userGroupName = security.USER_GROUP, "user"
        roles.guestGroupId, roles.guestGroupName = security.GUEST_GROUP, "guest"
        return roles

    def getExperimenter(self, call: Call, identifier: int) -> Any:
        return _person(call, _row(call, "Experimenter", identifier))

    def lookupExperimenter(self, call: Call, name: str) -> Any:
        return _person(call, experimenter_named(call, name))

    def lookupExperimenters(self, call: Call) -> list[Any]:
        return [_person(call, row) for row in call.world.database.rows("Experimenter")]

    def getGroup(self, call: Call, identifier: int) -> Any:
        return _group(call, _row(call, "ExperimenterGroup", identifier))

    def lookupGroup(self, call: Call, name: str) -> Any:
        return _group(call, group_named(call, name))

    def lookupGroups(self, call: Call) -> list[Any]:
        return [_group(call, row) for row in call.world.database.rows("ExperimenterGroup")]

    def containedExperimenters(self, call: Call, group: int) -> list[Any]:
        """Return the members of a group."""
        return [_person(call, row) for row in _mapped(call, "ExperimenterGroup", group, "child")]

    def containedGroups(self, call: Call, person: int) -> list[Any]:
        """Return the groups of a person."""
        return [_group(call, row) for row in _mapped(call, "Experimenter", person, "parent")]

    def getDefaultGroup(self, call: Call, person: int) -> Any:
        row = _row(call, "Experimenter", person)
        return _group(call, _row(call, "ExperimenterGroup", row.values["defaultGroup"]))

    def getMemberOfGroupIds(self, call: Call, person: Any) -> list[int]:
        rows = _mapped(call, "Experimenter", person.id.val, "parent")
        return sorted(row.id for row in rows)

    def getLeaderOfGroupIds(self, call: Call, person: Any) -> list[int]:
        found = security.who(call.world.database, person.id.val, security.EVERY_GROUP)
        return sorted(found.leader_of)

    def getCurrentAdminPrivileges(self, call: Call) -> list[Any]:
        return [
            omero.model.AdminPrivilegeI(row.id, False)
            for row in call.world.database.rows("AdminPrivilege")
            if call.who.is_admin
        ]

    def canUpdate(self, call: Call, sent: Any) -> bool:
        """Return whether the caller may change an object."""
        row = _row(call, type(sent).__name__.removesuffix("I"), sent.id.val)
        return security.rights(call.world.database, call.who, row).edit


def experimenter_named(call: Call, name: str) -> Row:
    """Return a person by login name."""
    for row in call.world.database.rows("Experimenter"):
        if row.values["omeName"] == name:
            return row
    raise omero.ApiUsageException(
        None, "ome.conditions.ApiUsageException", f"No such experimenter: {name}"
    )


def group_named(call: Call, name: str) -> Row:
    """Return a group by its name."""
    for row in call.world.database.rows("ExperimenterGroup"):
        if row.values["name"] == name:
            return row
    raise omero.ApiUsageException(
        None, "ome.conditions.ApiUsageException", f"No such group: {name}"
    )


def _row(call: Call, kind: str, identifier: int) -> Row:
    row = call.world.database.get(kind, identifier)
    if row is None:
        raise omero.ValidationException(
            None, "ome.conditions.ValidationException", f"No such {kind}: {identifier}"
        )
    return row


def _mapped(call: Call, kind: str, identifier: int, side: str) -> list[Row]:
    database = call.world.database
    other = "child" if side == "parent" else "parent"
    maps = database.referring_to((kind, identifier), "GroupExperimenterMap", other)
    return [database.follow(row.values[side]) for row in maps]


def _person(call: Call, row: Row) -> Any:
    with call.world.lock:
        return _with_maps(call, row, "parent")


def _group(call: Call, row: Row) -> Any:
    with call.world.lock:
        return _with_maps(call, row, "child")


def _with_maps(call: Call, row: Row, side: str) -> Any:
    database = call.world.database
    writer = Writer(database, call.who)
    writer.load(row, "groupExperimenterMap")
    other = "child" if side == "parent" else "parent"
    for each in database.referring(row, "GroupExperimenterMap", other):
        writer.load(each, "parent", "child")
    return writer.object(row)


def _privileges(is_admin: bool) -> list[str]:
    return ["Sudo", "WriteOwned", "DeleteOwned"] if is_admin else []
