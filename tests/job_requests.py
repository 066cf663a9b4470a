"""Requests of tests: tiny tasks with an identity."""

from __future__ import annotations

from typing import Any

from sar_models.domain.provenance import sha256_of
from sar_models.jobs import Request


def tiny(number: int, *, version: str = "1", kind: str = "tiny", **values: Any) -> Request:
    """Return a request that differs from others in its number, values and version."""
    asked = {"kind": kind, "number": number} | values
    return Request(
        kind=kind,
        id=sha256_of(asked | {"version": version}),
        subject=sha256_of(asked),
        title=f"tiny {number}",
        label=f"tiny-{number}",
        values={"number": number} | values,
    )
