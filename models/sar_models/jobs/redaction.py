"""Taking secrets and other people's folders out of text that is kept."""

from __future__ import annotations

import os
import re

from sar_models.report.redact import plain

_SECRET_NAME = re.compile(r"passw|secret|token|credential|session|api_?key|private_?key", re.I)
_USER_INFO = re.compile(r"(?<=://)[^/\s@]+@")
_ASSIGNED = re.compile(
    r"((?:passw\w*|secret\w*|token|credentials?|session\w*|api_?key|authorization)"
    r"['\"]?\s*[=:]\s*)(?:bearer\s+)?['\"]?[^\s'\",;&)]+['\"]?",
    re.IGNORECASE,
)
_SHORTEST = 6
_HIDDEN = "***"


def redacted(text: str) -> str:
    """Return text without secrets, absolute paths and servers.

    Values of environment variables that are called after secrets are hidden wherever they stand,
    and so is what follows words such as ``password=`` or stands before ``@`` in an address.
    """
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST:
            text = text.replace(value, _HIDDEN)
    text = _USER_INFO.sub(f"{_HIDDEN}@", text)
    text = _ASSIGNED.sub(rf"\1{_HIDDEN}", text)
    return "\n".join(plain(line) for line in text.splitlines())
