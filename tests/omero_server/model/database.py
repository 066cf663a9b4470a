"""Rows in memory with an index of what refers to what, and a log that survives SIGKILL."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from omero_server.model.rows import Ref, Row
from omero_server.model.schema import kinds_of, root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Key = tuple[str, int]


class Database:
    """Every object of the server.

    Each transaction is one line of the log: after a kill all of it is there or none.
    """

    def __init__(self, log: Path) -> None:
        self._tables: dict[str, dict[int, Row]] = defaultdict(dict)
        self._referrers: dict[Key, dict[tuple[str, str], dict[int, None]]] = defaultdict(dict)
        self._next_ids: dict[str, int] = defaultdict(lambda: 1)
        self._undo: dict[Key, Row | None] | None = None
        self._replay(log)
        self._log = log.open("a", encoding="utf-8")

    def get(self, kind: str, identifier: int) -> Row | None:
        """Return one row of a kind, which may be abstract, or None."""
        row = self._tables[root_of(kind)].get(identifier)
        return row if row is not None and row.kind in kinds_of(kind) else None

    def follow(self, reference: Ref) -> Row:
        """Return the row that a reference means; it always exists."""
        return self._tables[root_of(reference.kind)][reference.id]

    def rows(self, kind: str) -> Iterator[Row]:
        """Return every row of a kind, which may be abstract, in the order of their ids."""
        kinds = kinds_of(kind)
        for root in dict.fromkeys(map(root_of, kinds)):
            yield from [row for _, row in sorted(self._tables[root].items()) if row.kind in kinds]

    def every_row(self) -> Iterator[Row]:
        """Return all there is."""
        for root in sorted(self._tables):
            yield from list(self._tables[root].values())

    def referring(self, target: Row, kind: str, name: str) -> list[Row]:
        """Return the rows of ``kind`` whose property ``name`` leads to ``target``."""
        return self.referring_to((root_of(target.kind), target.id), kind, name)

    def referring_to(self, target: Key, kind: str, name: str) -> list[Row]:
        """Return the rows of ``kind`` whose property ``name`` leads to a root kind and id."""
        found = self._referrers[target]
        members = [i for k in kinds_of(kind) for i in found.get((k, name), ())]
        return [self._tables[root_of(kind)][i] for i in sorted(members)]

    def all_referring(self, target: Row) -> list[tuple[Row, str]]:
        """Return whatever leads to a row, with the property by which it does."""
        found = self._referrers[root_of(target.kind), target.id]
        return [
            (self._tables[root_of(kind)][i], name)
            for (kind, name), members in found.items()
            for i in members
        ]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes of the block, or none if it raises."""
        assert self._undo is None, "one transaction at a time"
        self._undo = {}
        ids = dict(self._next_ids)
        try:
            yield
        except BaseException:
            for key, old in self._undo.items():
                self._put(key, old)
            self._next_ids.update(ids)
            raise
        else:
            self._write(self._undo)
        finally:
            self._undo = None

    def insert(self, kind: str, values: dict[str, Any], **about: Any) -> Row:
        """Add a row; return it with its new id."""
        root = root_of(kind)
        row = Row(kind, self._next_ids[root], _without_null(values), **about)
        self._next_ids[root] += 1
        self._change((root, row.id), row)
        return row

    def begin_at(self, kind: str, identifier: int) -> None:
        """Give the next row of a kind this id."""
        self._next_ids[root_of(kind)] = identifier

    def update(self, row: Row, values: dict[str, Any], **about: Any) -> Row:
        """Replace some values of a row; return what it is now."""
        merged = _without_null(row.values | values)
        new = dataclasses.replace(row, values=merged, version=row.version + 1, **about)
        self._change((root_of(row.kind), row.id), new)
        return new

    def delete(self, row: Row) -> None:
        """Remove a row; nothing may refer to it when the transaction ends."""
        self._change((root_of(row.kind), row.id), None)

    def _change(self, key: Key, row: Row | None) -> None:
        assert self._undo is not None, "changes belong into a transaction"
        self._undo.setdefault(key, self._tables[key[0]].get(key[1]))
        self._put(key, row)

    def _put(self, key: Key, row: Row | None) -> None:
        root, identifier = key
        if old := self._tables[root].pop(identifier, None):
            for target, slot in _references(old):
                del self._referrers[target][slot][identifier]
        if row is not None:
            self._tables[root][identifier] = row
            for target, slot in _references(row):
                self._referrers[target].setdefault(slot, {})[identifier] = None

    def _write(self, changed: Iterable[Key]) -> None:
        rows = [(key, self._tables[key[0]].get(key[1])) for key in changed]
        if not rows:
            return
        record = {
            "next": dict(self._next_ids),
            "rows": [[*key, None if row is None else row.to_json()] for key, row in rows],
        }
        # Flushed, not synced: the process may be killed, the machine stays.
        self._log.write(json.dumps(record) + "\n")
        self._log.flush()

    def _replay(self, log: Path) -> None:
        if not log.exists():
            return
        content = log.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:  # killed while it wrote
            log.write_bytes(whole)
        for line in whole.splitlines():
            record = json.loads(line)
            self._next_ids.update(record["next"])
            for root, identifier, row in record["rows"]:
                self._put((root, identifier), None if row is None else Row.from_json(row))


def _references(row: Row) -> list[tuple[Key, tuple[str, str]]]:
    return [
        ((root_of(value.kind), value.id), (row.kind, name))
        for name, value in row.values.items()
        if isinstance(value, Ref)
    ]


def _without_null(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
