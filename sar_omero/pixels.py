"""Pixels of an image, tile by tile from the right level."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.domain.errors import StoreError
from sar_models.domain.geometry import Region, Size
from sar_models.stores.readers.pixels import Colour
from sar_omero import _omero
from sar_omero.session import ALL_GROUPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_omero.connection import Connection
    from sar_omero.images import ImageRecord
    from sar_omero.session import Session

_BLOCK_PX = 2048
"""Sides of what is asked for at once: a few messages, each far below Ice's limit."""


class OmeroPixels:
    """Native pixels of one image: a :class:`~sar_models.stores.readers.base.PixelSource`.

    It has a store of its own on the server; the gateway's is one for all images. When the
    session was lost it is opened again, and the tile is read again, whole.

    Parameters
    ----------
    connection : Connection
    record : ImageRecord
    """

    def __init__(self, connection: Connection, record: ImageRecord) -> None:
        self._connection, self._record = connection, record
        # The server sends the highest byte first, whatever machine it runs on.
        self._type = np.dtype(record.pixel_type).newbyteorder(">")
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._store: Any = None
        self._level = -1
        self.levels = self._connection.read(self._described)

    @property
    def colour(self) -> Colour:
        """How the samples are to be read."""
        return Colour()

    @property
    def declared_bits(self) -> int | None:
        """Bits of a 16-bit sample that are used; the server does not tell reliably."""
        return None

    def read(self, level: int, region: Region) -> NDArray[Any]:
        """Return ``(height, width, samples)`` uint8 or uint16 of a region inside the level."""
        samples = min(self._record.channels, 3)
        pixels = np.empty((region.height, region.width, samples), self._type.newbyteorder("="))
        for y in range(0, region.height, _BLOCK_PX):
            for x in range(0, region.width, _BLOCK_PX):
                width, height = min(_BLOCK_PX, region.width - x), min(_BLOCK_PX, region.height - y)
                block = Region(region.x + x, region.y + y, width, height)
                pixels[y : y + height, x : x + width] = self._connection.read(
                    lambda session, block=block: self._block(session, level, block, samples)  # type: ignore[misc]
                )
        return pixels

    def close(self) -> None:
        """Close the store on the server."""
        with self._lock:
            self._release()

    def _described(self, session: Session) -> tuple[Size, ...]:
        with self._lock:
            described = self._opened(session).getResolutionDescriptions()
        return tuple(Size(int(one.sizeX), int(one.sizeY)) for one in described)

    def _block(self, session: Session, level: int, block: Region, samples: int) -> NDArray[Any]:
        with self._lock:
            store = self._opened(session)
            if level != self._level:
                # Descriptions begin with the largest level, numbers with the smallest.
                store.setResolutionLevel(len(self.levels) - 1 - level)
                self._level = level
            asked = [
                store.begin_getTile(0, channel, 0, block.x, block.y, block.width, block.height)
                for channel in range(samples)
            ]
            planes = [np.frombuffer(store.end_getTile(one), self._type) for one in asked]
        if any(plane.size != block.width * block.height for plane in planes):
            raise StoreError(
                f"The server sent {planes[0].size} pixels of Image:{self._record.number} for "
                f"{block.width} x {block.height}"
            )
        return np.stack([plane.reshape(block.height, block.width) for plane in planes], axis=-1)

    def _opened(self, session: Session) -> Any:
        """Return the store on the server, a new one after the session was lost."""
        if self._store is None or session is not self._session:
            self._store = None
            store = session.services.createRawPixelsStore()
            try:
                # False: read the pyramid, not around it.
                store.setPixelsId(self._record.pixels, False, ALL_GROUPS)
            except BaseException:
                _closed(store)
                raise
            self._store, self._session, self._level = store, session, -1
        return self._store

    def _release(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            _closed(store)


def _closed(store: Any) -> None:
    """Close a store; one whose session is gone is gone with it."""
    try:
        store.close()
    except _omero.SERVER_ERRORS:
        return
