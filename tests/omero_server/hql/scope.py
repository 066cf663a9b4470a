"""What the names in a query mean: aliases, properties, parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from omero.rtypes import rdouble, rlong, rstring

from omero_server.hql.nodes import Call, Path, Query, QueryError, Sublist
from omero_server.model import schema
from omero_server.model.rows import Quantity, Ref, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from omero_server.hql.evaluation import Environment, Value
    from omero_server.model.database import Database

_DETAILS = {
    "owner": ("owner", "Experimenter"),
    "group": ("group", "ExperimenterGroup"),
    "creationEvent": ("created", "Event"),
    "updateEvent": ("updated", "Event"),
}


class NamedValue(NamedTuple):
    """One element of a list of values."""

    name: str
    value: str


class Steps(NamedTuple):
    """How to walk from one object along properties, and what stands at the end."""

    walk: Callable[[Any], Any]
    kind: str
    last: schema.Property | None


@dataclass
class Scope:
    """The aliases of one query, inside those of the query around it.

    Attributes
    ----------
    visible : callable
        Whether the caller may see a row.
    kinds : dict
        Kind by alias.
    """

    database: Database
    text: str
    parameters: dict[str, Any]
    visible: Callable[[Row], bool]
    around: Scope | None = None
    kinds: dict[str, str] = field(default_factory=dict)

    def add(self, alias: str, kind: str) -> None:
        """Introduce an alias."""
        if alias in self.kinds:
            raise QueryError(f"duplicate alias: {alias} [{self.text}]")
        self.kinds[alias] = kind

    def kind_of(self, alias: str) -> str:
        """Return what an alias of this query, or of one around it, stands for."""
        scope: Scope | None = self
        while scope is not None:
            if alias in scope.kinds:
                return scope.kinds[alias]
            scope = scope.around
        raise QueryError(f"undefined alias: {alias} [{self.text}]")

    def parameter(self, name: str) -> Any:
        """Return a parameter's value."""
        if name not in self.parameters:
            raise QueryError(f"Not all named parameters have been set: [{name}] [{self.text}]")
        return self.parameters[name]

    def path(self, path: Path) -> Value:
        """Return the function that follows a path."""
        if not path.steps and self._is_kind(path.alias):
            return lambda _: path.alias
        steps = self.steps(self.kind_of(path.alias), path.steps)
        alias = path.alias
        if not path.steps:
            return lambda env: env[alias]
        walk = steps.walk
        return lambda env: walk(env[alias])

    def subquery(self, query: Query) -> Value:
        """Return the function that runs a query inside this one."""
        from omero_server.hql.running import Plan

        plan = Plan(query, Scope(self.database, query.text, self.parameters, self.visible, self))
        return lambda env: [row[0] for row in plan.rows(env)]

    def steps(self, kind: str, names: tuple[str, ...]) -> Steps:
        """Return how to walk along ``names``, beginning at a ``kind``."""
        walks: list[Callable[[Any], Any]] = []
        last: schema.Property | None = None
        for at, name in enumerate(names):
            step = self._step(kind, name, names[at + 1 : at + 2])
            if at and last is not None and last.sort == "collection":
                raise QueryError(f"illegal attempt to dereference collection {last.name}")
            walks.append(step.walk)
            kind, last = step.kind, step.last
        return Steps(_chain(walks), kind, last)

    def local_aliases(self, node: Any) -> bool:
        """Return whether a node needs one of this query's own aliases."""
        match node:
            case Path(alias, steps):
                return alias in self.kinds and not (not steps and self._is_kind(alias))
            case Call(_, arguments):
                return any(map(self.local_aliases, arguments))
            case Sublist(items):
                return any(map(self.local_aliases, items))
            case Query():
                return True  # perhaps
        return False

    def _is_kind(self, name: str) -> bool:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.kinds:
                return False
            scope = scope.around
        return schema.is_known(name)

    def _step(self, kind: str, name: str, following: tuple[str, ...]) -> Steps:
        if kind == "details":
            return self._details(name)
        if kind == "value":
            return self._value(name)
        if name == "class":
            return Steps(lambda row: row.kind, "", None)
        if name == "version":
            return Steps(lambda row: row.version, "", None)
        if name == "details":
            return Steps(lambda row: row, "details", None)
        known = schema.properties(kind) if schema.is_known(kind) else {}
        if name == "id":
            return Steps(lambda row: row.id, "", known.get("id"))
        if name not in known:
            raise QueryError(f"could not resolve property: {name} of: {kind} [{self.text}]")
        found = known[name]
        return self._property(found, following)

    def _property(self, found: schema.Property, following: tuple[str, ...]) -> Steps:
        name, database = found.name, self.database
        if found.sort == "collection":
            if not found.kind:
                raise QueryError(f"collection {name} is not served here [{self.text}]")
            child, key = found.kind, found.foreign_key
            visible = self.visible
            return Steps(
                lambda row: list(filter(visible, database.referring(row, child, key))), child, found
            )
        if found.sort == "values":
            return Steps(
                lambda row: [NamedValue(*pair) for pair in row.values.get(name, ())],
                "value",
                found,
            )
        if found.sort == "reference" and found.kind and following != ("id",):
            return Steps(_following(database, name), found.kind, found)
        kind = found.kind or ("value" if found.sort == "reference" else "")
        return Steps(lambda row: row.values.get(name), kind, found)

    def _details(self, name: str) -> Steps:
        if name == "externalInfo":
            return Steps(lambda _: None, "ExternalInfo", None)
        if name not in _DETAILS:
            raise QueryError(f"could not resolve property: {name} of: Details [{self.text}]")
        attribute, kind = _DETAILS[name]
        get = self.database.get

        def walk(row: Row) -> Row | None:
            identifier = getattr(row, attribute)
            return None if identifier is None else get(kind, identifier)

        return Steps(walk, kind, None)

    def _value(self, name: str) -> Steps:
        wrappers = {"name": rstring, "value": None, "unit": rstring}
        if name not in wrappers:
            raise QueryError(f"could not resolve property: {name} of a value [{self.text}]")
        return Steps(lambda value: _part(value, name), "", None)


def _part(value: Any, name: str) -> Any:
    if isinstance(value, Quantity | NamedValue):
        return getattr(value, name)
    raise QueryError(f"no {name} in {value!r}")


def _following(database: Database, name: str) -> Callable[[Row], Row | None]:
    def walk(row: Row) -> Row | None:
        reference = row.values.get(name)
        return database.follow(reference) if isinstance(reference, Ref) else None

    return walk


def _chain(walks: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    if len(walks) == 1:
        (only,) = walks
        return lambda value: None if value is None else only(value)

    def walk(value: Any) -> Any:
        for step in walks:
            if value is None:
                return None
            value = step(value)
        return value

    return walk


def wrapper_of(node: Any, scope: Scope) -> Callable[[Any], Any] | None:
    """Return what makes an RType of a column, or None where the value itself tells."""
    if isinstance(node, Call) and node.name in ("count", "size", "length"):
        return rlong
    if isinstance(node, Call) and node.name == "avg":
        return rdouble
    if isinstance(node, Call) and node.name in ("min", "max", "sum"):
        return wrapper_of(node.arguments[0], scope)
    if isinstance(node, Path) and node.steps:
        last = scope.steps(scope.kind_of(node.alias), node.steps).last
        return None if last is None else last.wrapper
    return None


def combined(outer: Environment, inner: dict[str, Any]) -> dict[str, Any]:
    """Return the names of a query together with those around it."""
    return {**outer, **inner}
