"""Projects and their images, as paquo wraps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from paquo.java import DefaultProjectImageEntry


class QuPathProjectImageEntry:
    def __init__(self, entry: DefaultProjectImageEntry) -> None:
        self.java_object = entry

    @property
    def entry_id(self) -> str:
        return str(self.java_object.record["entryID"])

    @property
    def entry_path(self) -> Path:
        return self.java_object.folder


class QuPathProject:
    def __init__(self, path: str | Path, mode: str = "r") -> None:
        if mode not in ("r", "r+"):
            raise ValueError(f"unsupported mode {mode!r}")
        self._path = Path(path)
        if not self._path.is_file():
            raise FileNotFoundError(self._path)

    @property
    def images(self) -> list[QuPathProjectImageEntry]:
        record: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        folder = self._path.parent / "data"
        return [
            QuPathProjectImageEntry(DefaultProjectImageEntry(folder / str(image["entryID"]), image))
            for image in record["images"]
        ]
