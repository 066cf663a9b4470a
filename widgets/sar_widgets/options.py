"""What can be set about the widgets."""

from __future__ import annotations

from dataclasses import dataclass

from sar_models.domain.errors import OptionError


@dataclass(frozen=True)
class ViewerOptions:
    """How tiles are made, kept and sent."""

    tile_px: int = 256
    """Side of a tile in screen pixels: small enough to come at once, large enough that few are
    needed."""
    quality: int = 82
    """JPEG and WebP quality, 1 to 100; nuclei keep their edges from about 75 on."""
    cache_bytes: int = 96 * 2**20
    """Most bytes of finished tiles that are kept; some 5 000 tiles."""
    threads: int = 2
    """Threads that render; decoding, warping and encoding let go of the interpreter's lock."""
    batch_interval_s: float = 0.05
    """Least time between two messages with tiles: notebooks drop messages beyond a rate."""
    batch_bytes: int = 2 * 2**20
    """Most bytes of tiles in one message."""
    unacknowledged: int = 4
    """Messages that may be on their way; more wait for the page to say that it got them."""
    ack_timeout_s: float = 5.0
    """After this time a message counts as lost; the page asks again for what it lacks."""

    def __post_init__(self) -> None:
        if self.tile_px < 64 or self.tile_px > 1024:
            raise OptionError(f"tile_px is {self.tile_px!r}, expected 64 to 1024")
        if not 1 <= self.quality <= 100:
            raise OptionError(f"quality is {self.quality!r}, expected 1 to 100")
        for name in ("cache_bytes", "threads", "batch_bytes", "unacknowledged"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)!r}, expected 1 or more")
