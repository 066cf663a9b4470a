"""ROIs in number, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero.api
import pytest
from omero.rtypes import rint, rlong

if TYPE_CHECKING:
    from omero_server import SeededImage, Server

COUNT, PAGE = 10_000, 2_500


@pytest.fixture
def crowded(server: Server, image: SeededImage) -> SeededImage:
    shape = {"kind": "Polygon", "points": "1.5,2 3e1,4 -5,6"}
    server.add_rois(image.id, [[shape | {"textValue": str(n)}] for n in range(COUNT)])
    return image


def test_ten_thousand_come_in_pages_without_overlap(gateway: Any, crowded: SeededImage) -> None:
    labels: list[int] = []
    for offset in range(0, COUNT, PAGE):
        page = {"limit": PAGE, "offset": offset, "order_by": "obj.id", "load_shapes": True}
        rois = list(gateway.getObjects("Roi", opts={"image": crowded.id} | page))
        assert len(rois) == PAGE
        labels += [int(s.textValue.val) for r in rois for s in r._obj.copyShapes()]

    assert labels == list(range(COUNT))


def test_pages_of_the_old_service(gateway: Any, crowded: SeededImage) -> None:
    options = omero.api.RoiOptions()
    options.offset, options.limit = rint(COUNT - 3), rint(10)
    options.userId = rlong(gateway.getUserId())

    found = gateway.getRoiService().findByImage(crowded.id, options).rois

    assert [roi.copyShapes()[0].textValue.val for roi in found] == ["9997", "9998", "9999"]
    options.userId = rlong(0)
    assert gateway.getRoiService().findByImage(crowded.id, options).rois == []
