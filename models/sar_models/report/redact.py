"""Taking folders and servers out of text: reports are passed on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_URI = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>]*")
_QUOTED = re.compile(r"(['\"])((?:/|~/|[A-Za-z]:[\\/]|\\\\)[^'\"]*)\1")
_POSIX = re.compile(r"(?<![\w.:/])~?/(?:[^\s/'\"<>]+/)+[^\s/'\"<>]*")
_WINDOWS = re.compile(r"(?<!\w)(?:[A-Za-z]:[\\/]|\\\\)[^\s'\"<>]+")
_WHOLE = re.compile(r"^(?:~?/|[A-Za-z]:[\\/]|\\\\)")


def plain(text: str) -> str:
    """Return ``text`` with every absolute path and URI cut to its last part.

    Paths tell who works where, and host names how to reach them; a report is mailed around.
    """
    if _WHOLE.match(text) and "\n" not in text:
        return _last(text)
    text = _URI.sub(lambda match: _last(match[0]), text)
    text = _QUOTED.sub(lambda match: f"{match[1]}{_last(match[2])}{match[1]}", text)
    text = _POSIX.sub(lambda match: _last(match[0]), text)
    return _WINDOWS.sub(lambda match: _last(match[0]), text)


def plain_value(value: Any) -> str:
    """Return a JSON value as short text without paths."""
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(str(k))}: {plain_value(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain_value(item) for item in value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(str(value))


def _last(path: str) -> str:
    parts = [part for part in re.split(r"[\\/]+", path.split("://")[-1]) if part]
    # A server alone, without anything on it, is nothing to show.
    return parts[-1] if len(parts) > 1 or "://" not in path else "…"
