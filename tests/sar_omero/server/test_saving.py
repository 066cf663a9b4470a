"""Saving: whole or not at all, with versions, and what hangs on what was sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import omero
import omero.model
import pytest
from omero.rtypes import rdouble, rint, rstring

if TYPE_CHECKING:
    from omero_server import SeededImage, Server


def polygon(points: str) -> Any:
    found = omero.model.PolygonI()
    found.setPoints(rstring(points))
    return found


def roi_of(image: SeededImage, *shapes: Any) -> Any:
    found = omero.model.RoiI()
    found.setImage(omero.model.ImageI(image.id, False))
    for shape in shapes:
        found.addShape(shape)
    return found


def test_what_hangs_on_an_object_is_saved_with_it(
    server: Server, gateway: Any, image: SeededImage
) -> None:
    shape = polygon("0,0 4,0 4,4")
    shape.setTransform(omero.model.AffineTransformI())
    for name, value in (("A00", 1), ("A10", 0), ("A01", 0), ("A11", 1), ("A02", 7), ("A12", 9)):
        getattr(shape.transform, f"set{name}")(rdouble(value))
    shape.setStrokeWidth(omero.model.LengthI(2.0, omero.model.enums.UnitsLength.PIXEL))
    shape.setStrokeColor(rint(-16776961))

    saved = gateway.getUpdateService().saveAndReturnObject(roi_of(image, shape))

    found = gateway.getRoiService().findByImage(image.id, None).rois
    (read,) = found[0].copyShapes()
    assert found[0].id.val == saved.id.val
    assert read.points.val == "0,0 4,0 4,4"
    assert read.strokeWidth.getValue() == 2.0
    assert read.strokeColor.val == -16776961
    assert not read.transform.isLoaded()  # as some servers do: ask for it
    transform = gateway.getQueryService().get("AffineTransform", read.transform.id.val)
    assert (transform.a02.val, transform.a12.val) == (7.0, 9.0)
    assert saved.details.owner.id.val == gateway.getUserId()


def test_an_update_changes_one_row(server: Server, gateway: Any, image: SeededImage) -> None:
    service = gateway.getUpdateService()
    kept, changed = polygon("0,0 4,0 4,4"), polygon("1,1 5,1 5,5")
    roi = service.saveAndReturnObject(roi_of(image, kept, changed))
    before = {(r["kind"], r["id"]): r["version"] for r in server.rows()}

    roi.copyShapes()[1].setPoints(rstring("2,2 6,2 6,6"))
    service.saveAndReturnObject(roi)

    after = {(r["kind"], r["id"]): r["version"] for r in server.rows()}
    different = [key for key in after if after[key] != before[key]]
    assert different == [("Polygon", roi.copyShapes()[1].id.val)]


def test_a_shape_that_is_taken_out_is_deleted(
    server: Server, gateway: Any, image: SeededImage
) -> None:
    service = gateway.getUpdateService()
    roi = service.saveAndReturnObject(roi_of(image, polygon("0,0 4,0 4,4"), polygon("1,1 5,1 5,5")))
    before = server.counts()["Polygon"]

    roi.removeShape(roi.copyShapes()[0])
    service.saveObject(roi)

    assert server.counts()["Polygon"] == before - 1


def test_a_change_of_an_old_version_is_refused(gateway: Any, image: SeededImage) -> None:
    service, query = gateway.getUpdateService(), gateway.getQueryService()
    mine, yours = query.get("Image", image.id), query.get("Image", image.id)
    mine.setName(rstring("mine"))
    service.saveObject(mine)

    yours.setName(rstring("yours"))
    with pytest.raises(omero.OptimisticLockException):
        service.saveObject(yours)

    assert query.get("Image", image.id).name.val == "mine"


def test_a_call_saves_all_or_nothing(server: Server, gateway: Any, image: SeededImage) -> None:
    before = server.content()
    broken = omero.model.ImageAnnotationLinkI()
    broken.setParent(omero.model.ImageI(image.id, False))

    with pytest.raises(omero.ValidationException, match=r"ImageAnnotationLink\.child"):
        gateway.getUpdateService().saveArray([roi_of(image, polygon("0,0 1,0 1,1")), broken])

    assert server.content() == before
    assert server.writes() == []


def test_what_is_not_there_cannot_be_referred_to(gateway: Any) -> None:
    absent = omero.model.RoiI()
    absent.setImage(omero.model.ImageI(987654, False))

    with pytest.raises(omero.ValidationException, match="No row for Image:987654"):
        gateway.getUpdateService().saveObject(absent)


def test_what_the_server_keeps_none_of_is_refused(gateway: Any) -> None:
    with pytest.raises(omero.ApiUsageException, match="keeps no Reagent"):
        gateway.getUpdateService().saveObject(omero.model.ReagentI())


def test_writes_are_in_the_journal(server: Server, gateway: Any, image: SeededImage) -> None:
    roi = gateway.getUpdateService().saveAndReturnObject(roi_of(image))
    gateway.deleteObjects("Roi", [roi.id.val], wait=True)

    operations = [write["operation"] for write in server.writes()]
    assert operations == ["IUpdate.saveAndReturnObject", "ServiceFactory.submit"]
    assert server.writes()[0]["user"] == gateway.getUserId()


def test_several_clients_write_at_once(server: Server, image: SeededImage) -> None:
    def write(user: str) -> None:
        client = omero.client(server.host, server.port)
        client.createSession(user, server.users[user])
        service = client.sf.getUpdateService()
        for _ in range(20):
            service.saveObject(roi_of(image, polygon("0,0 1,0 1,1")))
        client.closeSession()

    before = server.counts().get("Polygon", 0)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(write, ["ann", "ben", "lea"]))

    assert server.counts()["Polygon"] == before + 60
    assert len(server.writes()) == 60
