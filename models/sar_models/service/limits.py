"""How much one client may ask of the machine."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sar_models.domain.errors import OptionError


@dataclass(frozen=True)
class Limits:
    """How much one client may ask of the machine."""

    json_bytes: int = 2**20
    """Size of a body other than the two below."""
    points_bytes: int = 16 * 2**20
    """Size of a body with points: some hundred thousand."""
    geojson_bytes: int = 256 * 2**20
    """Size of a body with annotations; what the GeoJSON reader takes at most."""
    points: int = 250_000
    """Points of one request."""
    head_s: float = 10.0
    """How long the first line and the headers of a request may take."""
    stall_s: float = 15.0
    """How long the next part of a body may take."""
    least_bytes_per_s: float = 16_384.0
    """How slow a body may be as a whole, after the first ``stall_s``."""
    read_s: float = 60.0
    """How long a client may leave a part of an answer unread."""
    work_s: float = 900.0
    """How long one request may keep a process busy."""
    connections: int = 128
    """Connections at the same time; further ones are told to come back."""
    streams: int = 32
    """Event streams at the same time."""
    waiting: int = 16
    """Requests that may wait for the processes that map."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not value > 0:
                raise OptionError(f"The limit {item.name} is {value!r}, expected more than 0")
