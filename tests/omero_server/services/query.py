"""``IQuery``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero.api
from omero.rtypes import rmap

from omero_server.hql.nodes import QueryError
from omero_server.hql.running import Result, run
from omero_server.model import schema
from omero_server.model.rows import Row
from omero_server.servants import Service
from omero_server.wire import Writer, plain, rtype

if TYPE_CHECKING:
    from omero_server.world import Call


class QueryService(Service):
    """Queries in HQL, and by id."""

    interface = omero.api.IQuery

    def findAllByQuery(self, call: Call, text: str, parameters: Any) -> list[Any]:
        """Return the objects of the first column."""
        with call.world.lock:
            result = run_for(call, text, parameters)
            writer = Writer(call.world.database, call.who, result.fetched)
            return [_entity(row, writer) for row in result.rows]

    def findByQuery(self, call: Call, text: str, parameters: Any) -> Any:
        """Return the one object found, or null."""
        found = self.findAllByQuery(call, text, parameters)
        if len({id(each) for each in found}) > 1:
            raise omero.ApiUsageException(
                None, "ome.conditions.ApiUsageException", "findByQuery: more than one result"
            )
        return found[0] if found else None

    def projection(self, call: Call, text: str, parameters: Any) -> list[Any]:
        """Return values, one list for each row."""
        with call.world.lock:
            result = run_for(call, text, parameters)
            writer = Writer(call.world.database, call.who, result.fetched)
            rows = [
                [rtype(v, w, writer) for v, w in zip(row, result.wrappers, strict=True)]
                for row in result.rows
            ]
        if result.as_map:
            return [[rmap(dict(zip(result.names, row, strict=True)))] for row in rows]
        return rows

    def get(self, call: Call, kind: str, identifier: int) -> Any:
        """Return an object; it is an error if there is none."""
        found = self.find(call, kind, identifier)
        if found is None:
            raise omero.ValidationException(
                None,
                "ome.conditions.ValidationException",
                f"The requested object ({kind}, {identifier}) is not available",
            )
        return found

    def find(self, call: Call, kind: str, identifier: int) -> Any:
        """Return an object or null."""
        with call.world.lock:
            row = call.world.database.get(_kind(kind), identifier)
            if row is None or not call.visible()(row):
                return None
            return Writer(call.world.database, call.who).object(row)

    def findAll(self, call: Call, kind: str, page: Any) -> list[Any]:
        """Return all objects of a kind."""
        return self.findAllByQuery(call, f"select obj from {_kind(kind)} obj order by obj.id", None)

    def findAllByString(
        self,
        call: Call,
        kind: str,
        field: str,
        value: str,
        sensitive: bool,
        page: Any,
    ) -> list[Any]:
        """Return the objects with a field of this value; ``%`` stands for anything."""
        with call.world.lock:
            name = f"obj.{field}" if sensitive else f"lower(obj.{field})"
            text = f"select obj from {_kind(kind)} obj where {name} like :value order by obj.id"
            wanted = value if sensitive else value.lower()
            result = run(call.world.database, text, {"value": wanted}, call.visible())
            writer = Writer(call.world.database, call.who)
            return [_entity(row, writer) for row in result.rows]

    def findByString(self, call: Call, kind: str, field: str, value: str) -> Any:
        """Return the object with a field of this value."""
        found = self.findAllByString(call, kind, field, value, True, None)
        return found[0] if found else None

    def refresh(self, call: Call, sent: Any) -> Any:
        """Return an object as it is now."""
        return self.get(call, type(sent).__name__.removesuffix("I"), sent._id.val)


def run_for(call: Call, text: str, parameters: Any) -> Result:
    """Run a query with the parameters and the page that a client sent."""
    values: dict[str, Any] = {}
    offset, limit = 0, None
    if parameters is not None:
        values = {name: plain(value) for name, value in (parameters.map or {}).items()}
        page = parameters.theFilter
        if page is not None:
            offset = 0 if page.offset is None else page.offset.val
            limit = None if page.limit is None else page.limit.val
    return run(call.world.database, text, values, call.visible(), offset, limit)


def _entity(row: tuple[Any, ...], writer: Writer) -> Any:
    if row[0] is not None and not isinstance(row[0], Row):
        raise QueryError("findAllByQuery returns objects; use projection for values")
    return writer.object(row[0])


def _kind(name: str) -> str:
    kind = name.rsplit(".", 1)[-1].removesuffix("I")
    if not schema.is_known(kind):
        raise omero.ApiUsageException(None, "", f"this test server keeps no {name}")
    return kind
