"""The smallest task: a number is squared and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_models.domain.provenance import sha256_of
from sar_models.jobs import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TASKS = {"square": "sar_models.benchmark.jobs.square:square"}


def square(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Write the square of a number."""
    folder.mkdir()
    result = int(values["number"]) ** 2
    (folder / "square.txt").write_text(str(result))
    progress("done", 1.0)
    return {"square": result}


def square_request(number: int) -> Request:
    """Return the request for one number."""
    asked = sha256_of({"square": number})
    return Request(
        "square", asked, asked, f"square {number}", f"square-{number}", {"number": number}
    )
