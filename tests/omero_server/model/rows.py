"""One object of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Ref(NamedTuple):
    """A foreign key."""

    kind: str
    id: int


class Quantity(NamedTuple):
    """A value with a unit: ``("LengthI", 0.5, "MICROMETER")``."""

    kind: str
    value: float
    unit: str


@dataclass(frozen=True)
class Row:
    """An object: what it is, whose it is, and its values.

    Attributes
    ----------
    values : dict
        Plain values, `Ref`, `Quantity` and lists of ``[name, value]``; null is left out.
    owner, group, created, updated : int or None
        Ids of an Experimenter, an ExperimenterGroup and two Events; none for global kinds.
    """

    kind: str
    id: int
    values: dict[str, Any] = field(default_factory=dict)
    owner: int | None = None
    group: int | None = None
    created: int | None = None
    updated: int | None = None
    version: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        values = {name: _to_json(value) for name, value in self.values.items()}
        return vars(self) | {"values": values}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Row:
        """Read what `to_json` wrote."""
        values = {name: _from_json(value) for name, value in record["values"].items()}
        return cls(**(record | {"values": values}))


def _to_json(value: Any) -> Any:
    if isinstance(value, Ref):
        return {"ref": list(value)}
    if isinstance(value, Quantity):
        return {"quantity": list(value)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    return value


def _from_json(value: Any) -> Any:
    match value:
        case {"ref": [kind, identifier]}:
            return Ref(kind, identifier)
        case {"quantity": [kind, number, unit]}:
            return Quantity(kind, number, unit)
        case {"bytes": text}:
            return bytes.fromhex(text)
    return value
