"""Text of a query to its tree; what is not understood is refused, never passed over."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from omero_server.hql.nodes import (
    Call,
    Column,
    Join,
    Literal,
    Order,
    Parameter,
    Path,
    Query,
    QueryError,
    Root,
    Sublist,
)
from omero_server.hql.tokens import tokens

_ENDS_OPERAND = frozenset(
    [
        "and",
        "as",
        "asc",
        "by",
        "cross",
        "desc",
        "fetch",
        "from",
        "group",
        "having",
        "in",
        "inner",
        "is",
        "join",
        "left",
        "like",
        "not",
        "on",
        "or",
        "order",
        "outer",
        "right",
        "select",
        "then",
        "union",
        "where",
        "with",
        "when",
        "else",
        "end",
        "between",
        "member",
        "empty",
        "escape",
    ]
)
_FUNCTIONS = frozenset(
    [
        "count",
        "sum",
        "min",
        "max",
        "avg",
        "lower",
        "upper",
        "length",
        "concat",
        "coalesce",
        "cast",
        "abs",
        "str",
        "size",
        "trim",
        "index",
    ]
)


@lru_cache(maxsize=500)
def parse(text: str) -> Query:
    """Return the tree of a query.

    Raises
    ------
    QueryError
        Naming the query and the place.
    """
    parser = _Parser(text)
    query = parser.query()
    if parser.kind:
        raise parser.error("the end")
    return query


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    @property
    def value(self) -> str:
        return self.tokens[self.at][1]

    @property
    def word(self) -> str:
        return self.value.lower() if self.kind == "name" else ""

    def error(self, expected: str) -> QueryError:
        found = self.value or "the end"
        return QueryError(f"unexpected token: {found}, expected {expected} [{self.text}]")

    def take(self) -> str:
        value = self.value
        self.at += 1
        return value

    def accept(self, *words: str) -> bool:
        """Take these words or signs if they come next."""
        following = [token[1].lower() for token in self.tokens[self.at : self.at + len(words)]]
        if following != list(words) or self.kind not in ("name", "sign"):
            return False
        self.at += len(words)
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.error(f"{word!r}")

    def name(self) -> str:
        if self.kind != "name":
            raise self.error("a name")
        return self.take()

    def query(self) -> Query:
        start = self.at
        columns, distinct, as_map = self.columns() if self.accept("select") else ((), False, False)
        self.expect("from")
        roots, joins = self.sources()
        where = self.expression() if self.accept("where") else None
        group = self.listed(self.expression) if self.accept("group", "by") else ()
        order = self.listed(self.order) if self.accept("order", "by") else ()
        if not columns:
            columns = (Column(Path(roots[0].alias, ()), roots[0].alias),)
        text = " ".join(token[1] for token in self.tokens[start : self.at])
        return Query(text, columns, distinct, as_map, roots, joins, where, group, order)

    def columns(self) -> tuple[tuple[Column, ...], bool, bool]:
        distinct = self.accept("distinct")
        if self.accept("new", "map"):
            self.expect("(")
            columns = self.listed(self.column)
            self.expect(")")
            return columns, distinct, True
        return self.listed(self.column), distinct, False

    def column(self) -> Column:
        value = self.expression()
        return Column(value, self.name() if self.accept("as") else "")

    def sources(self) -> tuple[tuple[Root, ...], tuple[Join, ...]]:
        roots, joins = [self.root()], []
        while True:
            if self.accept(","):
                roots.append(self.root())
            elif self.word in ("left", "inner", "join"):
                joins.append(self.join())
            else:
                return tuple(roots), tuple(joins)

    def root(self) -> Root:
        source = self.path()
        return Root(source, self.alias() or (source.alias, *source.steps)[-1])

    def join(self) -> Join:
        outer = self.accept("left")
        if outer:
            self.accept("outer")
        else:
            self.accept("inner")
        self.expect("join")
        fetch = self.accept("fetch")
        path = self.path()
        alias = self.alias()
        condition = self.expression() if self.accept("with") else None
        return Join(path, alias, outer, fetch, condition)

    def alias(self) -> str:
        if self.accept("as"):
            return self.name()
        if self.kind == "name" and self.word not in _ENDS_OPERAND:
            return self.take()
        return ""

    def path(self) -> Path:
        first, steps = self.name(), []
        while self.accept("."):
            steps.append(self.name())
        return Path(first, tuple(steps))

    def order(self) -> Order:
        value = self.expression()
        descending = self.accept("desc")
        if not descending:
            self.accept("asc")
        return Order(value, descending)

    def listed(self, one: Any) -> tuple[Any, ...]:
        found = [one()]
        while self.accept(","):
            found.append(one())
        return tuple(found)

    def expression(self) -> Any:
        left = self.conjunction()
        while self.accept("or"):
            left = Call("or", (left, self.conjunction()))
        return left

    def conjunction(self) -> Any:
        left = self.negation()
        while self.accept("and"):
            left = Call("and", (left, self.negation()))
        return left

    def negation(self) -> Any:
        if self.accept("not"):
            return Call("not", (self.negation(),))
        return self.comparison()

    def comparison(self) -> Any:
        left = self.sum()
        for sign in ("=", "!=", "<>", "<=", ">=", "<", ">"):
            if self.accept(sign):
                return Call("!=" if sign == "<>" else sign, (left, self.sum()))
        if self.accept("is", "not", "null"):
            return Call("not", (Call("is null", (left,)),))
        if self.accept("is", "null"):
            return Call("is null", (left,))
        if self.accept("is", "not", "empty"):
            return Call("not", (Call("is empty", (left,)),))
        if self.accept("is", "empty"):
            return Call("is empty", (left,))
        negative = self.accept("not")
        found = self.membership(left)
        if found is None:
            if negative:
                raise self.error("'in', 'like' or 'between'")
            return left
        return Call("not", (found,)) if negative else found

    def membership(self, left: Any) -> Any:
        if self.accept("in"):
            if self.kind == "parameter":
                return Call("in", (left, self.primary()))
            self.expect("(")
            if self.word in ("select", "from"):
                right: Any = self.query()
            else:
                right = Sublist(self.listed(self.expression))
            self.expect(")")
            return Call("in", (left, right))
        if self.accept("like"):
            return Call("like", (left, self.sum()))
        if self.accept("between"):
            low = self.sum()
            self.expect("and")
            return Call("between", (left, low, self.sum()))
        return None

    def sum(self) -> Any:
        left = self.product()
        while self.kind == "sign" and self.value in ("+", "-", "||"):
            sign = self.take()
            left = Call(sign, (left, self.product()))
        return left

    def product(self) -> Any:
        left = self.primary()
        while self.kind == "sign" and self.value in ("*", "/"):
            sign = self.take()
            left = Call(sign, (left, self.primary()))
        return left

    def primary(self) -> Any:
        if self.kind == "number":
            text = self.take().rstrip("lLfFdD")
            return Literal(float(text) if re.search(r"[.eE]", text) else int(text))
        if self.kind == "string":
            return Literal(self.take()[1:-1].replace("''", "'"))
        if self.kind == "parameter":
            return Parameter(self.take()[1:])
        if self.accept("-"):
            return Call("negative", (self.primary(),))
        if self.accept("("):
            inner = self.query() if self.word in ("select", "from") else self.expression()
            self.expect(")")
            return inner
        return self.named()

    def named(self) -> Any:
        for word, value in (("null", None), ("true", True), ("false", False)):
            if self.accept(word):
                return Literal(value)
        if self.accept("exists"):
            self.expect("(")
            inner = self.query()
            self.expect(")")
            return Call("exists", (inner,))
        if self.kind != "name" or self.word in _ENDS_OPERAND:
            raise self.error("a value")
        if self.tokens[self.at + 1][1] == "(":
            return self.function()
        return self.path()

    def function(self) -> Call:
        name = self.take().lower()
        if name not in _FUNCTIONS:
            raise QueryError(f"unknown function: {name} [{self.text}]")
        self.expect("(")
        distinct = self.accept("distinct")
        if name == "count" and self.accept("*"):
            arguments: tuple[Any, ...] = (Literal("*"),)
        elif name == "cast":
            arguments = (self.expression(), self.cast_type())
        else:
            arguments = self.listed(self.expression)
        self.expect(")")
        return Call(name, arguments, distinct)

    def cast_type(self) -> Literal:
        self.expect("as")
        return Literal(self.name().lower())
