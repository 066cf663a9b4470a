"""Finished tiles, kept up to a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sar_widgets.tiles import Tile

_OVERHEAD_BYTES = 200
"""What a tile costs besides its data: empty ones must not be free."""


class TileCache:
    """The tiles that were used last. Threads may share it.

    Parameters
    ----------
    limit_bytes : int
        Most bytes that are kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._tiles: OrderedDict[Hashable, Tile] = OrderedDict()
        self._held = 0

    @property
    def held_bytes(self) -> int:
        """Bytes that are kept right now."""
        return self._held

    def get(self, key: Hashable) -> Tile | None:
        """Return a tile, if it is kept."""
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def put(self, key: Hashable, tile: Tile) -> None:
        """Keep a tile; those that were not used for longest go."""
        with self._lock:
            before = self._tiles.pop(key, None)
            self._held += _size(tile) - (0 if before is None else _size(before))
            self._tiles[key] = tile
            while self._held > self._limit and self._tiles:
                self._held -= _size(self._tiles.popitem(last=False)[1])

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._tiles.clear()
            self._held = 0


def _size(tile: Tile) -> int:
    return len(tile.data) + _OVERHEAD_BYTES
