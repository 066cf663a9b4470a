"""The tree of a parsed query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class QueryError(Exception):
    """A query that this server does not understand; the message is sent to the client."""


@dataclass(frozen=True)
class Literal:
    """A number, a string, true, false or null."""

    value: Any


@dataclass(frozen=True)
class Parameter:
    """``:name``."""

    name: str


@dataclass(frozen=True)
class Path:
    """``alias.property.property``."""

    alias: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """A function, an operator, or a construct such as ``between``, by its name in lower case."""

    name: str
    arguments: tuple[Any, ...]
    distinct: bool = False


@dataclass(frozen=True)
class Sublist:
    """``(1, 2, 3)`` or ``(:ids)`` on the right of ``in``."""

    items: tuple[Any, ...]


@dataclass(frozen=True)
class Root:
    """``from Kind alias``; in a subquery also ``from alias.collection alias``."""

    source: Path
    alias: str


@dataclass(frozen=True)
class Join:
    """``[left outer] join [fetch] path [alias] [with condition]``."""

    path: Path
    alias: str
    outer: bool
    fetch: bool
    condition: Any = None


@dataclass(frozen=True)
class Column:
    """One thing that is selected."""

    value: Any
    name: str


@dataclass(frozen=True)
class Order:
    """One thing to sort by."""

    value: Any
    descending: bool


@dataclass(frozen=True)
class Query:
    """A whole query or subquery."""

    text: str
    columns: tuple[Column, ...]
    distinct: bool
    as_map: bool
    roots: tuple[Root, ...]
    joins: tuple[Join, ...]
    where: Any
    group_by: tuple[Any, ...]
    order_by: tuple[Order, ...]
