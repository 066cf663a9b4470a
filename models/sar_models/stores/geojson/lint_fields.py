"""QuPath's rules on ids and properties: ``(severity, code, where, message)`` for each breach."""

from __future__ import annotations

import math
import uuid
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection, Iterator

Breach = tuple[Literal["error", "warning"], str, str, str]

_KNOWN = {
    "objectType", "name", "classification", "color", "isLocked", "measurements", "metadata",
    "childObjects", "isMissing",
}  # fmt: skip
_NOT_NULL = ("objectType", "name", "color", "isLocked", "measurements", "metadata")


def lint_id(feature: dict[str, Any], where: str, ids: Counter[str]) -> Iterator[Breach]:
    """Check that the id is a UUID and that no other object has it."""
    identity = feature.get("id")
    if not isinstance(identity, str) or not _is_uuid(identity):
        yield (
            "warning",
            "id",
            f"{where}.id",
            f"{identity!r:.60} is no UUID: QuPath makes up another",
        )
        return
    ids[identity.lower()] += 1
    if ids[identity.lower()] > 1:
        yield "error", "id-twice", f"{where}.id", f"{identity!r} is taken by another object"


def lint_properties(
    properties: dict[str, Any], where: str, kinds: Collection[str]
) -> Iterator[Breach]:
    """Check one ``properties`` object."""
    for key in _NOT_NULL:
        if key in properties and properties[key] is None:
            yield "error", "null", f"{where}.{key}", "is null: QuPath refuses the whole file"
    kind = properties.get("objectType")
    if kind not in kinds and "objectType" not in _nulls(properties):
        yield "warning", "type", f"{where}.objectType", f"{kind!r} is read as an annotation"
    yield from _classification(properties.get("classification"), f"{where}.classification")
    yield from _color(properties.get("color"), f"{where}.color")
    yield from _measurements(properties.get("measurements"), f"{where}.measurements")
    yield from _metadata(properties.get("metadata"), f"{where}.metadata")
    for key in sorted(properties.keys() - _KNOWN):
        lost = "has to stand in the geometry" if key == "plane" else "is not kept by QuPath"
        yield "warning", "unknown", f"{where}.{key}", lost


def _nulls(properties: dict[str, Any]) -> set[str]:
    return {key for key, value in properties.items() if value is None}


def _classification(value: Any, where: str) -> Iterator[Breach]:
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, dict):
        yield "error", "class", where, f"{value!r:.60} is neither text nor an object"
        return
    if "name" in value and not isinstance(value["name"], str):
        yield "error", "class", f"{where}.name", f"{value['name']!r:.60} is no text"
    names = value.get("names", [])
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        yield "error", "class", f"{where}.names", "is no list of texts"
    if "name" not in value and not names:
        yield "error", "class", where, "has no name"
    if "color" in value:
        yield from _color(value["color"], f"{where}.color", required=True)
    packed = value.get("colorRGB", 0)
    if not isinstance(packed, int):
        yield "error", "color", f"{where}.colorRGB", f"{packed!r:.60} is no integer"


def _color(value: Any, where: str, *, required: bool = False) -> Iterator[Breach]:
    if value is None and not required:
        return
    if (
        not isinstance(value, list)
        or len(value) != 3
        or not all(type(v) is int and 0 <= v <= 255 for v in value)
    ):
        message = f"{value!r:.60} is not [r, g, b] in 0..255: QuPath refuses the whole file"
        yield "error", "color", where, message


def _measurements(value: Any, where: str) -> Iterator[Breach]:
    if value is None:
        return
    if isinstance(value, list):
        if not all(isinstance(m, dict) and isinstance(m.get("name"), str) for m in value):
            yield "error", "measurement", where, "has an entry without a name"
            return
        value = {m["name"]: m.get("value") for m in value}
    if not isinstance(value, dict):
        yield "error", "measurement", where, "is neither an object nor a list"
        return
    for name, number in value.items():
        yield from _measurement(number, f"{where}[{name!r}]")


def _measurement(value: Any, where: str) -> Iterator[Breach]:
    if value is None:
        yield "warning", "measurement", where, "is null: QuPath drops it"
    elif isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{value!r:.60} is no number: QuPath refuses the whole file"
        yield "error", "measurement", where, message
    elif not _finite(value):
        yield "warning", "measurement", where, "is not finite: other programs refuse it"


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _metadata(value: Any, where: str) -> Iterator[Breach]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield "error", "metadata", where, "is no object"
        return
    for key, text in value.items():
        if text is None or isinstance(text, dict | list):
            yield "error", "metadata", f"{where}[{key!r}]", f"{text!r:.60} is no text"
        elif not isinstance(text, str):
            yield "warning", "metadata", f"{where}[{key!r}]", f"{text!r:.60} becomes text"


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False
