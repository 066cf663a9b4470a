"""A report as a test reads it: elements, ids, links and text."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cv2
import numpy as np

VOID = {"meta", "input", "br", "link", "img"}


@dataclass
class Page(HTMLParser):
    """A parsed page; unclosed or crossed elements fail at once."""

    html: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"style", "script"}:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        """All ids."""
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def markup(self) -> str:
        """The page without its script."""
        return re.sub(r"<script>.*?</script>", "", self.html, flags=re.DOTALL)

    @property
    def addresses(self) -> list[str]:
        """Everything that a browser would fetch or look up."""
        named = [
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in {"href", "src", "srcset", "data", "action", "poster", "xlink:href"}
        ]
        return named + re.findall(r"url\(['\"]?([^'\")]+)", self.markup)

    @property
    def images(self) -> list[np.ndarray]:
        """All pictures, decoded."""
        uris = [a for a in self.addresses if a.startswith("data:image/")]
        coded = (np.frombuffer(base64.b64decode(uri.split(",", 1)[1]), np.uint8) for uri in uris)
        return [cv2.imdecode(data, cv2.IMREAD_UNCHANGED) for data in coded]
