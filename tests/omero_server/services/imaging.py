"""``IPixels``: what pixels are, and images that a client makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import omero
import omero.api
from omero.rtypes import rlong

from omero_server.imaging import DTYPES, new_image
from omero_server.pyramids import write_levels
from omero_server.security import EVERY_GROUP
from omero_server.servants import Service
from omero_server.services.pixels import readable_pixels
from omero_server.wire import Writer

if TYPE_CHECKING:
    from omero_server.world import Call


class PixelsService(Service):
    """Describes pixels, and makes images of one plane for each channel."""

    interface = omero.api.IPixels
    writes = frozenset({"createImage", "setChannelGlobalMinMax"})

    def retrievePixDescription(self, call: Call, identifier: int) -> Any:
        """Return pixels with their types and channels."""
        with call.world.lock:
            row = readable_pixels(call, identifier)
            writer = Writer(call.world.database, call.who)
            writer.load(row, "pixelsType", "dimensionOrder", "channels", "image")
            for channel in call.world.database.referring(row, "Channel", "pixels"):
                writer.load(channel, "logicalChannel")
            return writer.object(row)

    def createImage(
        self,
        call: Call,
        width: int,
        height: int,
        sections: int,
        times: int,
        channels: list[int],
        pixels_type: Any,
        name: str,
        description: str,
    ) -> Any:
        """Return the id of a new, black image."""
        caller, world = call.who, call.world
        if caller.group == EVERY_GROUP:
            raise omero.GroupSecurityViolation(None, "", "Cannot make an image in all groups")
        if (sections, times) != (1, 1):
            raise omero.ApiUsageException(
                None, "", f"this test server keeps single planes, not z={sections} t={times}"
            )
        shape = (len(channels), height, width)
        with world.lock, world.database.transaction():
            row = world.database.get("PixelsType", pixels_type.id.val)
            assert row is not None
            dtype = DTYPES[row.values["value"]]
            event = world.new_event()
            about = {"owner": caller.user, "group": caller.group}
            about |= {"created": event, "updated": event}
            image, pixels = new_image(world, name, shape, dtype, about)
            if description is not None:
                world.database.update(image, {"description": description})
            write_levels(world.folder / "pixels" / str(pixels.id), np.zeros(shape, dtype), (1,))
        return rlong(image.id)

    def setChannelGlobalMinMax(
        self, call: Call, identifier: int, channel: int, low: float, high: float
    ) -> None:
        """Take the range of a channel; this server shows images as they are."""
