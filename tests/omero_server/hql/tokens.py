"""Words and signs of a query."""

from __future__ import annotations

import re

from omero_server.hql.nodes import QueryError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[lLfFdD]?)|(?P<string>'(?:[^']|'')*')"
    r"|(?P<parameter>:\w+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign><>|!=|<=|>=|\|\||[=<>(),.*+/-]))"
)


def tokens(text: str) -> list[tuple[str, str]]:
    """Return the sort and the text of each word, and two empty ones at the end.

    Raises
    ------
    QueryError
        If there is a character that no query has.
    """
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise QueryError(f"unexpected char: {stripped[at:].lstrip()[:1]!r} [{text}]")
        assert match.lastgroup is not None
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return [*found, ("", ""), ("", "")]
