"""The one Java class that is not paquo's."""

from __future__ import annotations

from typing import Any


class _ByteArrayInputStream:
    def __init__(self, data: bytes) -> None:
        self.data = data


def JClass(name: str) -> Any:
    assert name == "java.io.ByteArrayInputStream"
    return _ByteArrayInputStream
