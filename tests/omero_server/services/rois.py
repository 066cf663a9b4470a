"""``IRoi``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero.api

from omero_server.servants import Service
from omero_server.wire import Writer

if TYPE_CHECKING:
    from omero_server.model.rows import Row
    from omero_server.world import Call


class RoiService(Service):
    """ROIs with their shapes; transforms come as ids, which one has to ask for."""

    interface = omero.api.IRoi

    def findByImage(self, call: Call, image: int, options: Any) -> Any:
        """Return the ROIs of an image, a page of them if the options say so."""
        database = call.world.database
        with call.world.lock:
            visible = call.visible()
            rows = filter(visible, database.referring_to(("Image", image), "Roi", "image"))
            return _result(call, list(rows), options)

    def findByRoi(self, call: Call, roi: int, options: Any) -> Any:
        """Return one ROI."""
        with call.world.lock:
            row = call.world.database.get("Roi", roi)
            seen = row is not None and call.visible()(row)
            return _result(call, [row] if row is not None and seen else [], options)


def _result(call: Call, rows: list[Row], options: Any) -> Any:
    if options is not None:
        for name, attribute in (("userId", "owner"), ("groupId", "group")):
            wanted = getattr(options, name)
            if wanted is not None:
                rows = [row for row in rows if getattr(row, attribute) == wanted.val]
        start = 0 if options.offset is None else options.offset.val
        end = None if options.limit is None else start + options.limit.val
        rows = rows[start:end]
    writer = Writer(call.world.database, call.who)
    for row in rows:
        writer.load(row, "shapes")
    result = omero.api.RoiResult()
    result.opts, result.rois = options, [writer.object(row) for row in rows]
    result.byZ, result.byT = {}, {}
    return result
