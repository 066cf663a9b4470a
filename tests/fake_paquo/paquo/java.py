"""The classes of QuPath that are asked for, in Python."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


class String(str):
    __slots__ = ()

    def getBytes(self, charset: str) -> bytes:
        return self.encode(charset)


class StandardCharsets:
    UTF_8 = "utf-8"


class ArrayList(list[Any]):
    def add(self, value: Any) -> None:
        self.append(value)

    def size(self) -> int:
        return len(self)


class JavaId:
    def __init__(self, text: str) -> None:
        self._text = text

    def toString(self) -> str:
        return self._text


class PathObject:
    def __init__(self, feature: dict[str, Any]) -> None:
        properties = dict(feature.get("properties") or {})
        children = properties.pop("childObjects", [])
        self.feature = _rounded(feature | {"properties": properties})
        self.parent: Any = None
        self.children: list[PathObject] = []
        for child in children:
            self.addChildObject(PathObject(child))

    def getID(self) -> JavaId:
        return JavaId(str(uuid.UUID(self.feature["id"])))

    def getParent(self) -> Any:
        return self.parent

    def isRootObject(self) -> bool:
        return False

    def getChildObjects(self) -> list[PathObject]:
        return list(self.children)

    def addChildObject(self, child: PathObject) -> None:
        if child.parent is not None:
            child.parent.children.remove(child)
        child.parent = self
        self.children.append(child)

    def nested(self) -> dict[str, Any]:
        properties = dict(self.feature["properties"])
        if self.children:
            properties["childObjects"] = [child.nested() for child in self.children]
        return self.feature | {"properties": properties}


class RootObject(PathObject):
    def __init__(self) -> None:
        super().__init__({"id": str(uuid.UUID(int=0)), "properties": {}})

    def isRootObject(self) -> bool:
        return True


class Hierarchy:
    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self.root = RootObject()
        for feature in objects:
            self.root.addChildObject(PathObject(feature))

    def getRootObject(self) -> RootObject:
        return self.root

    def addObjects(self, objects: list[PathObject]) -> bool:
        for new in objects:
            self.root.addChildObject(new)
        return True

    def addObjectBelowParent(self, parent: PathObject, new: PathObject, fire: bool) -> bool:
        del fire
        parent.addChildObject(new)
        return True

    def removeObject(self, old: PathObject, keep_children: bool) -> bool:
        assert not keep_children
        old.parent.children.remove(old)
        old.parent = None
        return True


class ImageData:
    def __init__(self, stored: dict[str, Any]) -> None:
        self.hierarchy = Hierarchy(stored.get("objects", []))
        self.properties: dict[str, str] = dict(stored.get("properties", {}))

    def getHierarchy(self) -> Hierarchy:
        return self.hierarchy

    def getProperty(self, key: str) -> str | None:
        return self.properties.get(str(key))

    def setProperty(self, key: str, value: str) -> None:
        self.properties[str(key)] = str(value)


class DefaultProjectImageEntry:
    """What a test may do to it: make the next save fail."""

    fails: list[str] = []  # noqa: RUF012 - shared on purpose

    def __init__(self, folder: Path, record: dict[str, Any]) -> None:
        self.folder, self.record = folder, record

    @property
    def file(self) -> Path:
        return self.folder / "data.qpdata"

    def _stored(self) -> dict[str, Any]:
        content = self.file.read_bytes() if self.file.is_file() else b""
        stored: dict[str, Any] = json.loads(content) if content.startswith(b"{") else {}
        return stored

    def readImageData(self) -> ImageData:
        return ImageData(self._stored())

    def readHierarchy(self) -> Hierarchy:
        return self.readImageData().hierarchy

    def saveImageData(self, data: ImageData) -> None:
        how = self.fails.pop() if self.fails else ""
        if how == "silently":
            return
        objects = [child.nested() for child in data.hierarchy.root.children]
        if how == "partly":
            objects = objects[:-1]
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"objects": objects, "properties": data.properties})
        self.file.write_text(text, encoding="utf-8")
        if how == "loudly":
            raise RuntimeError("java.io.IOException: No space left on device")


class PathIO:
    @staticmethod
    def readObjectsFromGeoJSON(stream: Any) -> list[PathObject]:
        return [PathObject(feature) for feature in json.loads(stream.data)["features"]]


class GsonTools:
    @staticmethod
    def getInstance() -> type[GsonTools]:
        return GsonTools

    @staticmethod
    def toJson(value: PathObject) -> str:
        return json.dumps(value.feature)


def _rounded(feature: dict[str, Any]) -> dict[str, Any]:
    """Return a feature as QuPath keeps it: float32 of a grid of 0.01 px."""
    moved = dict(feature)
    for key in ("geometry", "nucleusGeometry"):
        if key in moved:
            moved[key] = moved[key] | {"coordinates": _on_grid(moved[key]["coordinates"])}
    return moved


def _on_grid(value: Any) -> Any:
    if isinstance(value, list):
        return [_on_grid(item) for item in value]
    return float(np.float32(round(value, 2)))
