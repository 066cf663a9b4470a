"""ROIs in number, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero.api
import pytest
from omero.rtypes import rint, rlong
from omero_server import omero_server, ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from omero_server import Server

COUNT, PAGE = 10_000, 2_500


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    """A server of its own: the state of the shared one is compared often. And the image."""
    with omero_server(tmp_path_factory.mktemp("crowd")) as server:
        image = server.add_image("crowded", ramp()).id
        shape = {"kind": "Polygon", "points": "1.5,2 3e1,4 -5,6"}
        server.add_rois(image, [[shape | {"textValue": str(n)}] for n in range(COUNT)])
        yield server, image


def test_ten_thousand_come_in_pages_without_overlap(
    crowd: tuple[Server, int], connect: Callable[..., Any]
) -> None:
    server, image = crowd
    gateway = connect(server)
    labels: list[int] = []
    for offset in range(0, COUNT, PAGE):
        page = {"limit": PAGE, "offset": offset, "order_by": "obj.id", "load_shapes": True}
        rois = list(gateway.getObjects("Roi", opts={"image": image} | page))
        assert len(rois) == PAGE
        labels += [int(s.textValue.val) for r in rois for s in r._obj.copyShapes()]

    assert labels == list(range(COUNT))


def test_pages_of_the_old_service(crowd: tuple[Server, int], connect: Callable[..., Any]) -> None:
    server, image = crowd
    gateway = connect(server)
    options = omero.api.RoiOptions()
    options.offset, options.limit = rint(COUNT - 3), rint(10)
    options.userId = rlong(gateway.getUserId())

    found = gateway.getRoiService().findByImage(image, options).rois

    assert [roi.copyShapes()[0].textValue.val for roi in found] == ["9997", "9998", "9999"]
    options.userId = rlong(0)
    assert gateway.getRoiService().findByImage(image, options).rois == []
