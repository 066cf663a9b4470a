"""Run a query on the rows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omero_server.hql.evaluation import AGGREGATES, Value, comparable, compile_value
from omero_server.hql.nodes import Call, Join, Literal, Path, Query, QueryError, Root, Sublist
from omero_server.hql.parser import parse
from omero_server.hql.scope import Scope, combined, wrapper_of
from omero_server.model import schema
from omero_server.model.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from omero_server.hql.evaluation import Environment
    from omero_server.model.database import Database

Fetched = dict[tuple[str, int], dict[str, Any]]
"""What a query loads beside its rows: by root kind and id, property to a row or rows."""


@dataclass
class Result:
    """What a query found.

    Attributes
    ----------
    rows : list of tuple
        One value for each column.
    wrappers : list
        What makes an RType of each column, None where the value tells.
    """

    rows: list[tuple[Any, ...]]
    names: list[str]
    wrappers: list[Callable[[Any], Any] | None]
    as_map: bool
    fetched: Fetched = field(default_factory=dict)


def run(
    database: Database,
    text: str,
    parameters: dict[str, Any],
    visible: Callable[[Row], bool],
    offset: int = 0,
    limit: int | None = None,
) -> Result:
    """Run a query for somebody.

    Raises
    ------
    QueryError
        If the query is not understood, or names what does not exist.
    """
    query = parse(text)
    scope = Scope(database, text, parameters, visible)
    plan = Plan(query, scope)
    fetched: Fetched = {}
    rows = plan.rows({}, fetched)
    paged = bool(offset) or limit is not None
    # As Hibernate does: rows that a fetched collection multiplies stay, unless one asks for a page.
    if query.distinct or (paged and plan.fetches_collections):
        rows = _distinct(rows)
    end = None if limit is None else offset + limit
    wrappers = [wrapper_of(column.value, scope) for column in query.columns]
    names = [column.name or str(at) for at, column in enumerate(query.columns)]
    return Result(rows[offset:end], names, wrappers, query.as_map, fetched)


class Plan:
    """A query, compiled for one scope."""

    def __init__(self, query: Query, scope: Scope) -> None:
        self._query, self._scope = query, scope
        self.fetches_collections = False
        self._sources = [self._root(root) for root in query.roots]
        self._joins = [self._join(join) for join in query.joins]
        self._where = None if query.where is None else compile_value(query.where, scope)
        self._narrowed = {root.alias: self._narrowing(root) for root in query.roots}
        self._grouped = bool(query.group_by) or any(
            _is_aggregate(column.value) for column in query.columns
        )
        self._columns = [] if self._grouped else [self._compile(c.value) for c in query.columns]
        self._order = [] if self._grouped else [self._compile(o.value) for o in query.order_by]

    def rows(self, outer: Environment, fetched: Fetched | None = None) -> list[tuple[Any, ...]]:
        """Return the columns of everything found, sorted."""
        found = self._environments(outer)
        if self._where is not None:
            where = self._where
            found = (env for env in found if where(env))
        kept = list(found)
        if self._grouped:
            return self._groups(kept)
        for order, value in reversed(list(zip(self._query.order_by, self._order, strict=True))):
            kept.sort(key=lambda env, v=value: _sortable(v(env)), reverse=order.descending)
        if fetched is not None:
            self._note_fetched(kept, fetched)
        return [tuple(column(env) for column in self._columns) for env in kept]

    def _compile(self, node: Any) -> Value:
        return compile_value(node, self._scope)

    def _environments(self, outer: Environment) -> Iterator[dict[str, Any]]:
        lists = [source(outer) for source in self._sources]
        aliases = [root.alias for root in self._query.roots]
        starts: Iterable[dict[str, Any]] = (
            combined(outer, dict(zip(aliases, rows, strict=True)))
            for rows in itertools.product(*lists)
        )
        for join in self._joins:
            starts = join(starts)
        return iter(starts)

    def _root(self, root: Root) -> Callable[[Environment], list[Row]]:
        scope, source = self._scope, root.source
        alias = root.alias
        if source.steps and not source.alias[0].isupper() and source.alias not in ("ome", "omero"):
            kind = scope.steps(scope.kind_of(source.alias), source.steps).kind
            members = scope.path(source)
            scope.add(alias, kind)
            return lambda env: members(env)
        kind = source.steps[-1] if source.steps else source.alias
        if not schema.is_known(kind):
            raise QueryError(f"{kind} is not mapped [{scope.text}]")
        scope.add(alias, kind)
        return lambda env: [
            row for row in self._candidates(root.alias, kind, env) if scope.visible(row)
        ]

    def _candidates(self, alias: str, kind: str, env: Environment) -> Iterable[Row]:
        narrowing = self._narrowed[alias]
        return self._scope.database.rows(kind) if narrowing is None else narrowing(env)

    def _narrowing(self, root: Root) -> Callable[[Environment], Iterable[Row]] | None:
        """Return a shorter way to the rows than all of the table, where a condition names one."""
        scope, kind = self._scope, self._scope.kinds[root.alias]
        for condition in _conditions(self._query.where):
            if not (isinstance(condition, Call) and condition.name in ("=", "in")):
                continue
            left, right = condition.arguments
            for path, other in ((left, right), (right, left)):
                if condition.name == "in" and path is right:
                    continue
                if not isinstance(path, Path) or path.alias != root.alias:
                    continue
                if scope.local_aliases(other):
                    continue
                if found := self._lookup(kind, path.steps, compile_value(other, scope)):
                    return found
        return None

    def _lookup(
        self, kind: str, steps: tuple[str, ...], value: Value
    ) -> Callable[[Environment], Iterable[Row]] | None:
        database = self._scope.database
        if steps in ((), ("id",)):
            return lambda env: [
                row for i in _members(value(env)) if (row := database.get(kind, i)) is not None
            ]
        if len(steps) > 2 or steps[1:] not in ((), ("id",)):
            return None
        found = schema.properties(kind).get(steps[0])
        if found is None or found.sort != "reference" or not found.kind:
            return None
        target, name = schema.root_of(found.kind), found.name
        return lambda env: [
            row
            for i in _members(value(env))
            for row in database.referring_to((target, i), kind, name)
        ]

    def _join(self, join: Join) -> Callable[[Iterable[dict[str, Any]]], Iterator[dict[str, Any]]]:
        scope = self._scope
        steps = scope.steps(scope.kind_of(join.path.alias), join.path.steps)
        if not join.path.steps:
            raise QueryError(f"cannot join {join.path.alias} [{scope.text}]")
        if steps.last is not None and steps.last.sort == "reference" and not steps.last.kind:
            raise QueryError(f"could not resolve the kind of {steps.last.name} [{scope.text}]")
        if join.fetch and steps.last is not None and steps.last.sort == "collection":
            self.fetches_collections = True
        alias = join.alias or f"_{'.'.join((join.path.alias, *join.path.steps))}"
        members = scope.path(join.path)
        scope.add(alias, steps.kind)
        condition = None if join.condition is None else self._compile(join.condition)

        def extend(environments: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
            for env in environments:
                found = [e for row in self._seen(members(env)) if _holds(e := {**env, alias: row})]
                yield from found or ([{**env, alias: None}] if join.outer else [])

        def _holds(env: dict[str, Any]) -> bool:
            return condition is None or bool(condition(env))

        return extend

    def _seen(self, found: Any) -> list[Any]:
        members = found if isinstance(found, list) else [] if found is None else [found]
        visible = self._scope.visible
        return [m for m in members if not isinstance(m, Row) or visible(m)]

    def _note_fetched(self, environments: list[dict[str, Any]], fetched: Fetched) -> None:
        scope = self._scope
        for join in self._query.joins:
            if not join.fetch:
                continue
            *way, name = join.path.steps
            detail = bool(way) and way[-1] == "details"
            way = way[:-1] if detail else way
            parent_of = scope.path(Path(join.path.alias, tuple(way)))
            last = scope.steps(scope.kind_of(join.path.alias), join.path.steps).last
            many = last is not None and last.sort == "collection"
            alias = join.alias or f"_{'.'.join((join.path.alias, *join.path.steps))}"
            for env in environments:
                parent = parent_of(env)
                if not isinstance(parent, Row):
                    continue
                loaded = fetched.setdefault((schema.root_of(parent.kind), parent.id), {})
                key = f"details.{name}" if detail else name
                if many:
                    members = loaded.setdefault(key, {})
                    if env[alias] is not None:
                        members[env[alias].id] = env[alias]
                else:
                    loaded[key] = env[alias]

    def _groups(self, environments: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        query = self._query
        keys = [self._compile(node) for node in query.group_by]
        groups: dict[Any, list[dict[str, Any]]] = {} if keys else {(): []}
        for env in environments:
            key = tuple(comparable(value(env)) for value in keys)
            groups.setdefault(key, []).append(env)
        found = list(groups.values())
        for order in reversed(query.order_by):
            found.sort(
                key=lambda group, o=order: _sortable(self._of_group(o.value, group)),
                reverse=order.descending,
            )
        return [tuple(self._of_group(c.value, group) for c in query.columns) for group in found]

    def _of_group(self, node: Any, group: list[dict[str, Any]]) -> Any:
        if not _is_aggregate(node):
            return self._compile(node)(group[0])
        argument = node.arguments[0]
        if argument == Literal("*"):
            return len(group)
        value = self._compile(argument)
        found = [v for env in group if (v := comparable(value(env))) is not None]
        if node.distinct:
            found = list(dict.fromkeys(found))
        if node.name == "count":
            return len(found)
        if not found:
            return None
        if node.name == "avg":
            return sum(found) / len(found)
        return {"sum": sum, "min": min, "max": max}[node.name](found)


def _is_aggregate(node: Any) -> bool:
    return isinstance(node, Call) and node.name in AGGREGATES


def _conditions(node: Any) -> Iterator[Any]:
    if isinstance(node, Call) and node.name == "and":
        for argument in node.arguments:
            yield from _conditions(argument)
    elif node is not None and not isinstance(node, Sublist):
        yield node


def _members(value: Any) -> list[int]:
    items = value if isinstance(value, list) else [value]
    found = [comparable(item) for item in items]
    return [item for item in dict.fromkeys(found) if item is not None]


def _sortable(value: Any) -> tuple[bool, Any]:
    # As PostgreSQL has it: null comes after everything.
    value = comparable(value)
    return (value is None, 0 if value is None else value)


def _distinct(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    keys: dict[Any, tuple[Any, ...]] = {}
    for row in rows:
        key = tuple((v.kind, v.id) if isinstance(v, Row) else v for v in row)
        keys.setdefault(key, row)
    return list(keys.values())
