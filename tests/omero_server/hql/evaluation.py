"""Conditions and values of a query as functions of what its aliases stand for."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omero_server.hql.nodes import Call, Literal, Parameter, Path, Query, QueryError, Sublist
from omero_server.model.rows import Quantity, Ref, Row

if TYPE_CHECKING:
    from omero_server.hql.scope import Scope

Environment = Mapping[str, Any]
Value = Callable[[Environment], Any]
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
AGGREGATES = ("count", "sum", "min", "max", "avg")


def compile_value(node: Any, scope: Scope) -> Value:
    """Return the function that computes a node for one combination of rows."""
    match node:
        case Literal(value):
            return lambda _: value
        case Parameter(name):
            parameter = scope.parameter(name)
            return lambda _: parameter
        case Path():
            return scope.path(node)
        case Query():
            return scope.subquery(node)
        case Sublist(items):
            values = [compile_value(item, scope) for item in items]
            return lambda env: _flat([value(env) for value in values])
        case Call():
            return _compile_call(node, scope)
    raise QueryError(f"cannot evaluate {node!r}")


def _compile_call(node: Call, scope: Scope) -> Value:
    if node.name in AGGREGATES:
        raise QueryError(f"aggregate {node.name} outside of select [{scope.text}]")
    if node.name == "exists":
        inner = compile_value(node.arguments[0], scope)
        return lambda env: bool(inner(env))
    arguments = [compile_value(argument, scope) for argument in node.arguments]
    if node.name in ("and", "or"):
        left, right = arguments
        if node.name == "and":
            return lambda env: bool(left(env)) and bool(right(env))
        return lambda env: bool(left(env)) or bool(right(env))
    if node.name == "not":
        return _negation(node.arguments[0], arguments[0], scope)
    function = _FUNCTIONS.get(node.name)
    if function is None:
        raise QueryError(f"function {node.name} is not known here [{scope.text}]")
    return lambda env: function(*[argument(env) for argument in arguments])


def _negation(node: Any, inner: Value, scope: Scope) -> Value:
    # In SQL what compares with null is neither true nor false, and so is its contrary.
    if isinstance(node, Call) and node.name in (*_COMPARISONS, "in", "like", "between"):
        first = compile_value(node.arguments[0], scope)
        return lambda env: first(env) is not None and not inner(env)
    return lambda env: not inner(env)


def _comparison(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def function(left: Any, right: Any) -> bool:
        a, b = comparable(left), comparable(right)
        return a is not None and b is not None and bool(compare(a, b))

    return function


def comparable(value: Any) -> Any:
    """Return what stands for a value when it is compared: objects are their ids."""
    if isinstance(value, Row | Ref):
        return value.id
    if isinstance(value, Quantity):
        return value.value
    if isinstance(value, list) and len(value) == 1:  # a subquery of one column and one row
        return comparable(value[0])
    return value


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: None if a is None or b is None else compute(a, b)


def _is_in(value: Any, items: Any) -> bool:
    if value is None or items is None:
        return False
    return comparable(value) in [comparable(item) for item in items]


def _like(value: Any, pattern: Any) -> bool:
    if value is None or pattern is None:
        return False
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _between(value: Any, low: Any, high: Any) -> bool:
    return None not in (value, low, high) and low <= value <= high


def _text(function: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else function(str(value))


def _concatenate(*values: Any) -> Any:
    return None if None in values else "".join(map(str, values))


def _cast(value: Any, kind: str) -> Any:
    if value is None:
        return None
    types = {"string": str, "long": int, "int": int, "integer": int, "double": float}
    if kind not in types:
        raise QueryError(f"cannot cast to {kind!r}")
    return types[kind](value)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _comparison(compare) for name, compare in _COMPARISONS.items()},
    **{name: _arithmetic(compute) for name, compute in _ARITHMETIC.items()},
    "||": _concatenate,
    "abs": lambda value: None if value is None else abs(value),
    "between": _between,
    "cast": _cast,
    "coalesce": lambda *values: next((v for v in values if v is not None), None),
    "concat": _concatenate,
    "in": _is_in,
    "is empty": lambda value: not value,
    "is null": lambda value: value is None,
    "length": _text(len),
    "like": _like,
    "lower": _text(str.lower),
    "negative": lambda value: None if value is None else -value,
    "size": len,
    "str": _text(str),
    "trim": _text(str.strip),
    "upper": _text(str.upper),
}


def _flat(values: list[Any]) -> list[Any]:
    """Return the members: a parameter in brackets may itself be a list."""
    return [item for value in values for item in (value if isinstance(value, list) else [value])]
