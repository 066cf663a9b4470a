"""Who may see and change what: OMERO's four group types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import omero

if TYPE_CHECKING:
    from collections.abc import Callable

    from omero_server.model.database import Database
    from omero_server.model.rows import Row

SYSTEM_GROUP, USER_GROUP, GUEST_GROUP = 0, 1, 2
ROOT, GUEST = 0, 1
EVERY_GROUP = -1

PERMISSIONS = {"rw----": -120, "rwr---": -56, "rwra--": -40, "rwrw--": -8}
"""Group type to the number that the server sends as ``perm1``."""


@dataclass(frozen=True)
class Who:
    """On whose behalf, and in which group, a call works.

    Attributes
    ----------
    group : int
        The group that the call names, or -1 for every group of the user.
    """

    user: int
    group: int
    member_of: frozenset[int]
    leader_of: frozenset[int]

    @property
    def is_admin(self) -> bool:
        """Whether the user is in the system group."""
        return SYSTEM_GROUP in self.member_of


@dataclass(frozen=True)
class Rights:
    """What one may do with one object."""

    read: bool
    annotate: bool
    link: bool
    edit: bool
    delete: bool
    move: bool


def who(database: Database, user: int, group: int) -> Who:
    """Return the context of a call.

    Raises
    ------
    omero.SecurityViolation
        If the user is not in that group.
    """
    maps = database.referring_to(("Experimenter", user), "GroupExperimenterMap", "child")
    member_of = frozenset(row.values["parent"].id for row in maps)
    leader_of = frozenset(row.values["parent"].id for row in maps if row.values.get("owner"))
    found = Who(user, group, member_of, leader_of)
    if group != EVERY_GROUP and group not in member_of and not found.is_admin:
        raise omero.SecurityViolation(
            None,
            "ome.conditions.SecurityViolation",
            f"User {user} is not a member of group {group}",
        )
    return found


def rights(database: Database, caller: Who, row: Row) -> Rights:
    """Return what the caller may do with a row."""
    if row.group is None:  # global: everybody reads, administrators write
        return Rights(True, *[caller.is_admin] * 5)
    owns = row.owner == caller.user
    leads = row.group in caller.leader_of
    kind = group_type(database, row.group)
    if caller.is_admin:
        # Nobody, not even root, ties other people's data together in a private group.
        tie = owns or kind != "rw----"
        return Rights(True, tie, tie, True, True, True)
    member = row.group in caller.member_of
    write = owns or leads or (member and kind == "rwrw--")
    tie = owns or (leads and kind != "rw----") or (member and kind == "rwrw--")
    return Rights(
        read=owns or leads or (member and kind != "rw----"),
        annotate=tie or (member and kind == "rwra--"),
        link=tie,
        edit=write,
        delete=write,
        move=owns,
    )


def seen_by(database: Database, caller: Who) -> Callable[[Row], bool]:
    """Return what tells whether a query of this caller finds a row."""
    known: dict[tuple[int | None, int], bool] = {}

    def is_visible(row: Row) -> bool:
        if row.group is None:
            return True
        # Rights depend on owner and group alone, and queries ask for thousands of rows.
        key = (row.owner, row.group)
        if key not in known:
            inside = caller.group in (EVERY_GROUP, row.group)
            known[key] = inside and rights(database, caller, row).read
        return known[key]

    return is_visible


def group_type(database: Database, group: int) -> str:
    """Return ``"rw----"`` and the like."""
    row = database.get("ExperimenterGroup", group)
    assert row is not None
    found: str = row.values["permissions"]
    return found
