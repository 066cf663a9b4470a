"""``RawPixelsStore``: tiles of the levels of a pyramid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import omero
import omero.api

from omero_server.pyramids import levels, write_levels
from omero_server.security import rights
from omero_server.servants import StatefulService
from omero_server.wire import Writer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omero_server.model.rows import Row
    from omero_server.world import Call

TILE_PX = 256


class RawPixels(StatefulService):
    """Reads one image at a time, from the level that was chosen."""

    interface = omero.api.RawPixelsStore
    writes = frozenset({"setPlane"})

    def __init__(self) -> None:
        self._pixels: int | None = None
        self._levels: tuple[NDArray[np.generic], ...] = ()
        self._level = 0

    def setPixelsId(self, call: Call, identifier: int, bypass: bool) -> None:
        """Choose the image, at its full resolution.

        Raises
        ------
        omero.MissingPyramidException
            While the pyramid is said to be under construction.
        """
        row = readable_pixels(call, identifier)
        world = call.world
        if world.missing_pyramids.get(identifier, 0) > 0:
            world.missing_pyramids[identifier] -= 1
            raise omero.MissingPyramidException(
                None,
                "ome.conditions.MissingPyramidException",
                "Pyramid is being built",
                world.backoff_ms,
                identifier,
            )
        self._pixels = row.id
        self._levels = levels(world.folder / "pixels" / str(identifier))
        self._level = len(self._levels) - 1

    def closed(self) -> None:
        """Forget the image."""
        self._levels = ()

    def getPixelsId(self, call: Call) -> int:
        self._planes()
        assert self._pixels is not None
        return self._pixels

    def requiresPixelsPyramid(self, call: Call) -> bool:
        return self._full().shape[1] * self._full().shape[2] > 3192 * 3192

    def getResolutionLevels(self, call: Call) -> int:
        self._planes()
        return len(self._levels)

    def getResolutionDescriptions(self, call: Call) -> list[Any]:
        """Return the sizes, full resolution first: the opposite order of the levels' numbers."""
        self._planes()
        found = []
        for level in self._levels:
            description = omero.api.ResolutionDescription()
            description.sizeX, description.sizeY = level.shape[2], level.shape[1]
            found.append(description)
        return found

    def getResolutionLevel(self, call: Call) -> int:
        self._planes()
        return self._level

    def setResolutionLevel(self, call: Call, level: int) -> None:
        """Choose a level; 0 is the smallest."""
        self._planes()
        if not 0 <= level < len(self._levels):
            raise omero.ApiUsageException(
                None, "ome.conditions.ApiUsageException", f"No resolution level {level}"
            )
        self._level = level

    def getTileSize(self, call: Call) -> list[int]:
        planes = self._planes()
        return [min(TILE_PX, planes.shape[2]), min(TILE_PX, planes.shape[1])]

    def getByteWidth(self, call: Call) -> int:
        return self._planes().dtype.itemsize

    def isSigned(self, call: Call) -> bool:
        return self._planes().dtype.kind in "if"

    def isFloat(self, call: Call) -> bool:
        return self._planes().dtype.kind == "f"

    def getPlaneSize(self, call: Call) -> int:
        planes = self._planes()
        return planes.shape[1] * planes.shape[2] * planes.dtype.itemsize

    def getTile(self, call: Call, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> bytes:
        """Return big-endian pixels of one channel, row by row."""
        planes = self._planes()
        self._check_plane(z, c, t)
        _, height, width = planes.shape
        if x < 0 or y < 0 or w < 1 or h < 1 or x + w > width or y + h > height:
            raise omero.InternalException(
                None,
                "loci.formats.FormatException",
                f"Invalid tile size: x={x} y={y} w={w} h={h} of {width}x{height}",
            )
        return planes[c, y : y + h, x : x + w].tobytes()

    def getRegion(self, call: Call, z: int, c: int, t: int, *rest: Any) -> bytes:
        """Not there: tiles are what a pyramid is read by."""
        raise omero.ApiUsageException(None, "", "this test server has tiles and planes only")

    def getPlane(self, call: Call, z: int, c: int, t: int) -> bytes:
        """Return one whole channel of the level."""
        planes = self._planes()
        self._check_plane(z, c, t)
        return planes[c].tobytes()

    def setPlane(self, call: Call, content: bytes, z: int, c: int, t: int) -> None:
        """Replace one channel of an image that has full resolution only."""
        planes = self._planes()
        self._check_plane(z, c, t)
        assert self._pixels is not None
        row = call.world.database.get("Pixels", self._pixels)
        if row is None or not rights(call.world.database, call.who, row).edit:
            raise omero.SecurityViolation(None, "", f"Cannot write pixels id={self._pixels}")
        if len(self._levels) > 1 or len(content) != self.getPlaneSize(call):
            raise omero.ApiUsageException(None, "", "one whole plane, of an image without levels")
        changed = np.array(planes)
        changed[c] = np.frombuffer(content, changed.dtype).reshape(changed.shape[1:])
        folder = call.world.folder / "pixels" / str(self._pixels)
        write_levels(folder, changed, (1,))
        levels.cache_clear()
        self._levels = levels(folder)

    def save(self, call: Call) -> Any:
        """Return the pixels; planes are kept at once."""
        return Writer(call.world.database, call.who).object(
            readable_pixels(call, self._pixels or 0)
        )

    def _check_plane(self, z: int, c: int, t: int) -> None:
        if z != 0 or t != 0 or not 0 <= c < self._full().shape[0]:
            raise omero.ApiUsageException(
                None, "ome.io.nio.DimensionsOutOfBoundsException", f"z={z} c={c} t={t}"
            )

    def _planes(self) -> NDArray[np.generic]:
        self._full()
        return self._levels[len(self._levels) - 1 - self._level]

    def _full(self) -> NDArray[np.generic]:
        if not self._levels:
            raise omero.ApiUsageException(
                None,
                "ome.conditions.ApiUsageException",
                "This RawPixelsStore has not been properly initialized. Please set the pixels id",
            )
        return self._levels[0]


def readable_pixels(call: Call, identifier: int) -> Row:
    """Return the row of some Pixels that the caller may read."""
    row = call.world.database.get("Pixels", identifier)
    who = call.who
    if (
        row is None
        or not rights(call.world.database, who, row).read
        or who.group not in (-1, row.group)
    ):
        raise omero.ValidationException(
            None, "ome.conditions.ValidationException", f"Cannot read pixels id={identifier}"
        )
    return row
