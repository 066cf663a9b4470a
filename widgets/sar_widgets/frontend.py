"""What the page runs: one module, put together from the parts in ``static``."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

_PARTS = (
    "1-link.js",
    "2-dom.js",
    "3-modes.js",
    "4-panes.js",
    "5-layers.js",
    "6-review.js",
    "7-help.js",
    "8-viewer.js",
)


@lru_cache(maxsize=1)
def module_text() -> str:
    """Return the JavaScript module; OpenSeadragon is not in it and comes once for a page."""
    return "\n".join(_read(part) for part in _PARTS)


@lru_cache(maxsize=1)
def style_text() -> str:
    """Return the style sheet."""
    return _read("viewer.css")


def _read(name: str) -> str:
    return (files("sar_widgets") / "static" / name).read_text(encoding="utf-8")
