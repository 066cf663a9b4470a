"""``ThumbnailStore``: small JPEGs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import omero.api
from PIL import Image

from omero_server.pyramids import levels
from omero_server.servants import StatefulService
from omero_server.services.pixels import readable_pixels

if TYPE_CHECKING:
    from omero_server.world import Call


class Thumbnails(StatefulService):
    """Thumbnails of one image at a time, or of several at once."""

    interface = omero.api.ThumbnailStore

    def __init__(self) -> None:
        self._pixels: int | None = None

    def setPixelsId(self, call: Call, identifier: int) -> bool:
        """Choose the image; return whether it has rendering settings."""
        self._pixels = readable_pixels(call, identifier).id
        return True

    def isInProgress(self, call: Call) -> bool:
        return False

    def getRenderingDefId(self, call: Call) -> int:
        return self._pixels or 0

    def setRenderingDefId(self, call: Call, identifier: int) -> None:
        """Take settings; all images are shown as they are."""

    def resetDefaults(self, call: Call) -> None:
        """Make settings anew."""

    def thumbnailExists(self, call: Call, width: Any, height: Any) -> bool:
        return True

    def getThumbnail(self, call: Call, width: Any, height: Any) -> bytes:
        return self._chosen(call, width.val, height.val)

    def getThumbnailDirect(self, call: Call, width: Any, height: Any) -> bytes:
        return self._chosen(call, width.val, height.val)

    def getThumbnailByLongestSide(self, call: Call, size: Any) -> bytes:
        return self._chosen(call, size.val, size.val)

    def getThumbnailByLongestSideDirect(self, call: Call, size: Any) -> bytes:
        return self._chosen(call, size.val, size.val)

    def getThumbnailByLongestSideSet(
        self, call: Call, size: Any, pixels: list[int]
    ) -> dict[int, bytes]:
        """Return thumbnails by id of their pixels."""
        return {i: _jpeg(call, i, size.val, size.val) for i in pixels}

    def getThumbnailSet(
        self, call: Call, width: Any, height: Any, pixels: list[int]
    ) -> dict[int, bytes]:
        """Return thumbnails by id of their pixels."""
        return {i: _jpeg(call, i, width.val, height.val) for i in pixels}

    def _chosen(self, call: Call, width: int, height: int) -> bytes:
        if self._pixels is None:
            raise omero.ApiUsageException(None, "", "no pixels were chosen")
        return _jpeg(call, self._pixels, width, height)


def _jpeg(call: Call, identifier: int, width: int, height: int) -> bytes:
    row = readable_pixels(call, identifier)
    every = levels(call.world.folder / "pixels" / str(row.id))
    # The smallest level that need not be enlarged.
    large = [p for p in every if p.shape[2] >= width or p.shape[1] >= height]
    planes = (large or every[:1])[-1].astype(np.float64)
    top = 255.0 if row.values["sizeC"] == 3 else max(float(planes.max()), 1.0)
    shown = np.clip(planes / top * 255, 0, 255).astype(np.uint8)
    pixels = shown.transpose(1, 2, 0) if len(shown) == 3 else shown[0]
    image = Image.fromarray(pixels)
    image.thumbnail((width, height))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG")
    return out.getvalue()
