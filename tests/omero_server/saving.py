"""What ``IUpdate`` does: an object that a client sent, with all that hangs on it, becomes rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.model

from omero_server.model import schema
from omero_server.model.rows import Quantity, Ref, Row
from omero_server.security import EVERY_GROUP, rights

if TYPE_CHECKING:
    from omero_server.model.database import Database
    from omero_server.security import Who

READ_ONLY = frozenset({"Event", "Session", "Experimenter", "ExperimenterGroup"})


class Saver:
    """Saves objects in one transaction.

    What was sent is changed: it gets its ids, versions and details, and goes back to the client.
    """

    def __init__(self, database: Database, caller: Who, event: int) -> None:
        self._database, self._caller, self._event = database, caller, event
        self._done: dict[int, Row] = {}
        self._objects: list[tuple[Any, Row]] = []

    def save(self, sent: Any) -> Row:
        """Save an object and whatever is loaded in it; return its row."""
        if id(sent) in self._done:
            return self._done[id(sent)]
        kind = kind_of(sent)
        if sent._id is not None and not sent._loaded:
            return self._referred(kind, sent._id.val)
        if sent._id is None and kind in schema.ENUMERATIONS:
            return self._enumeration(kind, sent)
        if kind in READ_ONLY:
            return self._referred(kind, sent._id.val)
        row = self._update(kind, sent) if sent._id is not None else self._insert(kind, sent)
        self._done[id(sent)] = row
        self._objects.append((sent, row))
        self._save_members(sent, row)
        return row

    def sent_back(self) -> list[tuple[Any, Row]]:
        """Return the objects that were saved, each with its row as it is now."""
        return [(sent, self._current(row)) for sent, row in self._objects]

    def _current(self, row: Row) -> Row:
        found = self._database.get(row.kind, row.id)
        assert found is not None
        return found

    def _referred(self, kind: str, identifier: int) -> Row:
        row = self._database.get(kind, identifier)
        if row is None:
            raise omero.ValidationException(
                None, "ome.conditions.ValidationException", f"No row for {kind}:{identifier}"
            )
        if not rights(self._database, self._caller, row).read:
            raise _violation(f"Cannot read {kind}:{identifier}")
        return row

    def _enumeration(self, kind: str, sent: Any) -> Row:
        value = None if sent._value is None else sent._value.val
        for row in self._database.rows(kind):
            if row.values["value"] == value:
                return row
        raise omero.ValidationException(
            None, "ome.conditions.ValidationException", f"{kind} has no value {value!r}"
        )

    def _insert(self, kind: str, sent: Any) -> Row:
        values = self._values(kind, sent)
        group = self._group_of_new(values)
        self._check_ties(kind, values, group)
        self._check_complete(kind, values)
        return self._database.insert(
            kind,
            values,
            owner=self._owner_of_new(sent),
            group=group,
            created=self._event,
            updated=self._event,
        )

    def _owner_of_new(self, sent: Any) -> int:
        asked = sent._details.owner if sent._details is not None else None
        if asked is None or asked._id is None or asked._id.val == self._caller.user:
            return self._caller.user
        if not self._caller.is_admin:
            raise _violation(f"You are not authorized to set the owner to {asked._id.val}")
        return int(asked._id.val)

    def _group_of_new(self, values: dict[str, Any]) -> int:
        if self._caller.group == EVERY_GROUP:
            raise _violation("Cannot save in all groups at once: omero.group is -1", "Group")
        return self._caller.group

    def _update(self, kind: str, sent: Any) -> Row:
        row = self._referred(kind, sent._id.val)
        if row.kind != kind:
            raise omero.ValidationException(None, "", f"{kind}:{row.id} is a {row.kind}")
        values = self._values(kind, sent)
        changed = {n: v for n, v in values.items() if row.values.get(n) != v}
        if not changed:
            return row
        version = getattr(sent, "_version", None)
        if version is not None and version.val != row.version:
            raise omero.OptimisticLockException(
                None,
                "ome.conditions.OptimisticLockException",
                f"{kind}:{row.id} has version {row.version}, you sent {version.val}",
            )
        if not rights(self._database, self._caller, row).edit:
            raise _violation(f"You are not authorized to update {kind}:{row.id}")
        assert row.group is not None
        self._check_ties(kind, {n: v for n, v in changed.items() if v is not None}, row.group)
        self._check_complete(kind, row.values | values)
        return self._database.update(row, changed, updated=self._event)

    def _check_ties(self, kind: str, values: dict[str, Any], group: int) -> None:
        """Refuse to tie things of two groups together, or what the caller must not tie."""
        for name, value in values.items():
            if not isinstance(value, Ref):
                continue
            target = self._database.follow(value)
            if target.group is None:
                continue
            what = f"{kind}.{name} to {target.kind}:{target.id}"
            if target.group != group:
                raise _violation(
                    f"MIXED GROUP: {what} in group {target.group}, not {group}", "Group"
                )
            may = rights(self._database, self._caller, target)
            # Annotations hang on their parent; what is annotated with needs to be readable only.
            needed = (
                may.read
                if kind.endswith("AnnotationLink") and name == "child"
                else (
                    may.link if kind in ("DatasetImageLink", "ProjectDatasetLink") else may.annotate
                )
            )
            if not needed:
                raise _violation(f"Cannot link: {what}", "ReadOnlyGroup")

    def _check_complete(self, kind: str, values: dict[str, Any]) -> None:
        required = {
            "Dataset": ("name",),
            "Image": ("name",),
            "OriginalFile": ("name", "path"),
            "Project": ("name",),
        }
        names = ("parent", "child") if kind in schema.LINKS else required.get(kind, ())
        if kind in schema.SHAPES:
            names = ("roi",)
        for name in names:
            if values.get(name) is None:
                raise omero.ValidationException(
                    None,
                    "ome.conditions.ValidationException",
                    f"not-null property references a null or transient value: {kind}.{name}",
                )

    def _values(self, kind: str, sent: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, about in schema.properties(kind).items():
            if name == "id" or about.sort == "collection":
                continue
            value = getattr(sent, f"_{name}", None)
            found[name] = self._stored(value, about, kind)
        return found

    def _stored(self, value: Any, about: schema.Property, kind: str) -> Any:
        if value is None:
            return None
        if about.sort == "values":
            return [[pair.name, pair.value] for pair in value if pair is not None]
        if isinstance(value, omero.model.IObject):
            if not about.kind:
                raise omero.ApiUsageException(
                    None, "", f"this server keeps no {kind}.{about.name}: {kind_of(value)}"
                )
            row = self.save(value)
            return Ref(row.kind, row.id)
        if isinstance(value, omero.RType):
            return value.val
        if isinstance(value, bytes):
            return value
        if hasattr(value, "_unit"):
            return Quantity(type(value).__name__, value._value, value._unit.name)
        raise omero.ApiUsageException(None, "", f"cannot store {kind}.{about.name}: {value!r}")

    def _save_members(self, sent: Any, row: Row) -> None:
        for name, about in schema.properties(row.kind).items():
            if about.sort != "collection" or not getattr(sent, f"_{name}Loaded", False):
                continue
            members = [m for m in getattr(sent, f"_{name}Seq") if m is not None]
            if not members and sent._id is None:
                continue
            if members and not about.kind:
                raise omero.ApiUsageException(None, "", f"this server keeps no {row.kind}.{name}")
            kept = set()
            for member in members:
                if member._loaded:
                    setattr(member, f"_{about.foreign_key}", _unloaded(row))
                kept.add(self.save(member).id)
            if (schema.root_of(row.kind), name) in schema.OWNED:
                self._drop_others(row, about, kept)

    def _drop_others(self, row: Row, about: schema.Property, kept: set[int]) -> None:
        for member in self._database.referring(row, about.kind, about.foreign_key):
            if member.id not in kept:
                if not rights(self._database, self._caller, member).delete:
                    raise _violation(f"You are not authorized to delete {member.kind}:{member.id}")
                for link, _ in self._database.all_referring(member):
                    self._database.delete(link)
                self._database.delete(member)


def kind_of(sent: Any) -> str:
    """Return the kind of an object that a client sent.

    Raises
    ------
    omero.ApiUsageException
        If this server keeps no such objects.
    """
    kind = type(sent).__name__.removesuffix("I")
    if kind not in schema.KINDS:
        raise omero.ApiUsageException(
            None, "ome.conditions.ApiUsageException", f"this test server keeps no {kind}"
        )
    return kind


def _unloaded(row: Row) -> Any:
    return getattr(omero.model, f"{row.kind}I")(row.id, False)


def _violation(message: str, prefix: str = "") -> omero.ServerError:
    name = f"{prefix}SecurityViolation"
    error: omero.ServerError = getattr(omero, name)(None, f"ome.conditions.{name}", message)
    return error
