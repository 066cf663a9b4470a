"""The ``properties`` of QuPath's GeoJSON to values, leniently: keep what cannot be read."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from sar_models.domain.annotations import OBJECT_KINDS

if TYPE_CHECKING:
    from sar_models.domain.annotations import Color, ObjectKind
    from sar_models.stores.geojson.notes import NoteBook

_KIND_KEYS = ("objectType", "object_type", "type")
_KINDS = {kind.lower(): kind for kind in OBJECT_KINDS} | {"tma_core": "tmaCore"}
CLASS_SEPARATOR = ":"


class Properties:
    """Takes known fields out of a feature's properties; what stays is kept as ``extra``.

    Parameters
    ----------
    fields : dict
        The ``properties`` object; it is emptied.
    where : str
        Name of the object for notes.
    book : NoteBook
        Where odd values are written down.
    """

    def __init__(self, fields: dict[str, Any], where: str, book: NoteBook) -> None:
        self.rest = fields
        self._where = where
        self._book = book

    def kind(self) -> ObjectKind:
        """Return the object type; like QuPath, take what is unknown for an annotation."""
        for key in _KIND_KEYS:
            value = self.rest.get(key)
            known = _KINDS.get(value.lower()) if isinstance(value, str) else None
            if known is not None:
                del self.rest[key]
                return known
        if "objectType" in self.rest:
            self._odd("objectType", "is no known object type: read as an annotation")
        return "annotation"

    def name(self) -> str:
        """Return the name, empty for none."""
        value = self.rest.pop("name", None)
        return "" if value is None else str(value)

    def locked(self) -> bool:
        """Return whether the object is locked."""
        return self._flag("isLocked") | self._flag("locked")

    def _flag(self, key: str) -> bool:
        return self.rest.pop(key, None) in (True, "true")

    def color(self) -> Color | None:
        """Return the object's own colour."""
        for key in ("color", "colorRGB"):
            if key in self.rest:
                color = _color(self.rest[key])
                if color is None and self.rest[key] is not None:
                    self._odd(key, "is no colour")
                self.rest.pop(key, None)
                return color
        return None

    def classification(self) -> tuple[tuple[str, ...], Color | None]:
        """Return the class path and the colour of the class."""
        value = self.rest.pop("classification", None)
        if isinstance(value, str | list):
            return _class_path(value), None
        if not isinstance(value, dict):
            if value is not None:
                self._keep("classification", value, "is no class")
            return (), None
        names = value.get("names") or value.get("name")
        path = _class_path(names) if isinstance(names, str | list) else ()
        color = _color(value.get("color", value.get("colorRGB")))
        unknown = value.keys() - {"name", "names", "color", "colorRGB"}
        if unknown:
            self.rest["original_classification"] = value
        return path, color

    def measurements(self) -> dict[str, float]:
        """Return named numbers, from an object or from a list of ``{name, value}``."""
        value = self.rest.pop("measurements", None)
        if value is None:
            return {}
        if isinstance(value, list) and all(isinstance(m, dict) and "name" in m for m in value):
            value = {str(m["name"]): m.get("value") for m in value}
        if not isinstance(value, dict):
            self._keep("measurements", value, "are no measurements")
            return {}
        numbers = {name: _number(v) for name, v in value.items()}
        odd = {n: v for n, v in value.items() if numbers[n] is None and v is not None}
        if odd:
            self._keep("measurements", odd, "are no numbers")
        return {name: number for name, number in numbers.items() if number is not None}

    def metadata(self) -> dict[str, str]:
        """Return the metadata, all values as text, as QuPath has them."""
        value = self.rest.pop("metadata", None)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._keep("metadata", value, "is no metadata")
            return {}
        return {key: _text(v) for key, v in value.items() if v is not None}

    def children(self) -> list[Any]:
        """Return the child objects, still as JSON."""
        value = self.rest.pop("childObjects", None)
        if value is None:
            return []
        if not isinstance(value, list):
            self._keep("childObjects", value, "are no objects")
            return []
        return value

    def _odd(self, key: str, what: str) -> None:
        self._keep(key, self.rest.pop(key), what)

    def _keep(self, key: str, value: Any, what: str) -> None:
        """Keep an unreadable value under another key, so that nothing reads it again."""
        self.rest[f"original_{key}"] = value
        self._book.add(
            f"odd-{key}", self._where, f"its {key} {value!r:.60} {what}; kept as original_{key}"
        )


def _class_path(names: str | list[Any]) -> tuple[str, ...]:
    """Split ``"Tumor: Positive"`` as QuPath does, also inside a list of names."""
    texts = [names] if isinstance(names, str) else [str(n) for n in names if n is not None]
    parts = [part.strip() for text in texts for part in text.split(CLASS_SEPARATOR)]
    return tuple(part for part in parts if part)


def _color(value: Any) -> Color | None:
    """Return RGB of ``[r, g, b]`` or of a packed (A)RGB integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value >> 16 & 255, value >> 8 & 255, value & 255)
    if not isinstance(value, list) or len(value) not in (3, 4):
        return None
    if not all(isinstance(v, int | float) and 0 <= v <= 255 for v in value):
        return None
    red, green, blue = (int(v) for v in value[:3])
    return (red, green, blue)


def _number(value: Any) -> float | None:
    """Return a number, also one that was written as text; QuPath writes NaN as text."""
    if not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) or not isinstance(value, int) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
