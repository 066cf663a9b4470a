"""Rows as objects of omero-py, and back."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import omero
import omero.model
from omero.rtypes import rbool, rdouble, rlong, robject, rstring

from omero_server.model import schema
from omero_server.model.rows import Quantity, Ref, Row
from omero_server.security import EVERY_GROUP, PERMISSIONS, Rights, rights

if TYPE_CHECKING:
    from omero_server.hql.running import Fetched
    from omero_server.model.database import Database
    from omero_server.security import Who


class Writer:
    """Makes objects for one answer: one row, one object.

    Attributes
    ----------
    fetched : dict
        What is loaded beside the rows themselves; everything else is sent as an id.
    """

    def __init__(self, database: Database, caller: Who, fetched: Fetched | None = None) -> None:
        self._database, self._caller = database, caller
        self._fetched = fetched or {}
        self._made: dict[tuple[str, int], Any] = {}

    def load(self, row: Row, *names: str) -> None:
        """Load further references and collections of a row."""
        loaded = self._fetched.setdefault((schema.root_of(row.kind), row.id), {})
        for name in names:
            found = schema.properties(row.kind)[name]
            if found.sort == "collection":
                members = self._database.referring(row, found.kind, found.foreign_key)
                loaded[name] = {member.id: member for member in members}
            else:
                reference = row.values.get(name)
                loaded[name] = None if reference is None else self._database.follow(reference)

    def object(self, row: Row | None) -> Any:
        """Return a row as an object."""
        if row is None:
            return None
        key = (schema.root_of(row.kind), row.id)
        if key not in self._made:
            made = self._made[key] = _maker(row.kind)(row.id, True)
            self._fill(made, row, self._fetched.get(key, {}))
        return self._made[key]

    def _fill(self, made: Any, row: Row, fetched: dict[str, Any]) -> None:
        made.unloadCollections()
        for name, found in schema.properties(row.kind).items():
            if name == "id":
                continue
            if found.sort == "collection":
                if name in fetched:
                    self._put_members(made, name, fetched[name].values())
            elif found.sort == "values":
                pairs = row.values.get(name, [])
                setattr(made, f"_{name}", [omero.model.NamedValue(*pair) for pair in pairs])
            elif name in fetched:
                setattr(made, f"_{name}", self.object(fetched[name]))
            else:
                setattr(made, f"_{name}", _value(row.values.get(name), found))
        if hasattr(made, "_version"):
            made._version = omero.rtypes.rint(row.version)
        made._details = self._details(row, fetched)

    def _put_members(self, made: Any, name: str, rows: Any) -> None:
        setattr(made, f"_{name}Loaded", True)
        setattr(made, f"_{name}Seq", [self.object(row) for row in rows])

    def _details(self, row: Row, fetched: dict[str, Any]) -> Any:
        details = omero.model.DetailsI()
        for name, kind, identifier in (
            ("owner", "Experimenter", row.owner),
            ("group", "ExperimenterGroup", row.group),
            ("creationEvent", "Event", row.created),
            ("updateEvent", "Event", row.updated),
        ):
            if identifier is not None:
                loaded = fetched.get(f"details.{name}")
                value = self.object(loaded) if loaded else _maker(kind)(identifier, False)
                setattr(details, f"_{name}", value)
        details._permissions = self._permissions(row)
        return details

    def _permissions(self, row: Row) -> Any:
        group = row.id if row.kind == "ExperimenterGroup" else row.group
        found = None if group is None else self._database.get("ExperimenterGroup", group)
        kind = "rwra--" if found is None else found.values["permissions"]
        permissions = omero.model.PermissionsI(PERMISSIONS[kind])
        allowed = rights(self._database, self._caller, row)
        if self._caller.group == EVERY_GROUP and not self._caller.is_admin:
            # Which group a change would go to is open, so the server promises nothing.
            allowed = Rights(True, *[False] * 5)
        permissions._restrictions = [
            not may
            for may in (
                *(allowed.link, allowed.edit, allowed.delete, allowed.annotate),
                *(allowed.move, self._caller.is_admin),
            )
        ]
        return permissions


@cache
def _maker(kind: str) -> Any:
    return getattr(omero.model, f"{kind}I")


def _value(value: Any, found: schema.Property) -> Any:
    if value is None:
        return None
    if isinstance(value, Ref):
        return _maker(value.kind)(value.id, False)
    if isinstance(value, Quantity):
        unit_class = getattr(omero.model.enums, f"Units{value.kind.removesuffix('I')}")
        return getattr(omero.model, value.kind)(value.value, getattr(unit_class, value.unit))
    return value if isinstance(value, bytes) else found.wrapper(value)


def rtype(value: Any, wrapper: Any, writer: Writer) -> Any:
    """Return a projected value as an RType."""
    if value is None or wrapper not in (None, omero.proxy_to_instance):
        return None if value is None else wrapper(value)
    if isinstance(value, Row):
        return robject(writer.object(value))
    if isinstance(value, Ref):
        return rlong(value.id)
    if isinstance(value, bool):
        return rbool(value)
    if isinstance(value, int):
        return rlong(value)
    if isinstance(value, float):
        return rdouble(value)
    if isinstance(value, Quantity):
        return rdouble(value.value)
    return rstring(value)


def plain(value: Any) -> Any:
    """Return an RType as a plain value, lists too; objects become their ids."""
    if value is None:
        return None
    if isinstance(value, omero.RList | omero.RSet | omero.RArray):
        return [plain(item) for item in value.val]
    if isinstance(value, omero.RObject):
        return value.val.id.val
    if isinstance(value, omero.RType):
        return value.val
    return value
