"""What the connector takes for granted about OMERO, asked of the test server and of a real one.

The test server was written after omero-py, documentation and other people's reports. Where a real
server differs, this is where it shows: ``pytest -m omero_live tests/sar_omero``, with
``OMERO_TEST_HOST``, ``OMERO_TEST_PORT`` (4064), ``OMERO_TEST_USER``, ``OMERO_TEST_PASSWORD`` and
``OMERO_TEST_IMAGE``, the id of an image that the user may annotate. What a test makes it deletes.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import omero
import omero.cmd
import omero.model
import omero.sys
import pytest
from omero.rtypes import rdouble, rlist, rlong, rstring
from omero_server import ramp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omero_server import Server

NS = "sar-align/test/facts"


@dataclass
class Place:
    """A session on a server, an image to work on, and what was made there."""

    client: Any
    image: int
    context: dict[str, str]
    made: list[tuple[str, int]] = field(default_factory=list)

    def save(self, sent: Any) -> Any:
        saved = self.client.sf.getUpdateService().saveAndReturnObject(sent, self.context)
        self.made.append((type(saved).__name__.removesuffix("I"), saved.id.val))
        return saved

    def find(self, text: str, **values: Any) -> list[Any]:
        service = self.client.sf.getQueryService()
        found: list[Any] = service.findAllByQuery(text, _parameters(values), self.context)
        return found

    def values(self, text: str, **values: Any) -> list[Any]:
        service = self.client.sf.getQueryService()
        rows = service.projection(text, _parameters(values), self.context)
        return [row[0].val for row in rows]

    def delete(self, kind: str, *identifiers: int) -> Any:
        request = omero.cmd.Delete2(targetObjects={kind: list(identifiers)})
        handle = self.client.sf.submit(request, self.context)
        callback = omero.callbacks.CmdCallbackI(self.client, handle)
        callback.loop(120, 500)
        answer = callback.getResponse()
        callback.close(True)
        self.made = [each for each in self.made if each[1] not in identifiers or each[0] != kind]
        return answer


def _parameters(values: dict[str, Any]) -> Any:
    found = omero.sys.ParametersI()
    page = values.pop("page", None)
    found.map = {name: _rtype(value) for name, value in values.items()}
    if page is not None:
        found.page(*page)
    return found


def _rtype(value: Any) -> Any:
    if isinstance(value, list):
        return rlist([_rtype(each) for each in value])
    return rlong(value) if isinstance(value, int) else rstring(value)


@pytest.fixture(params=["test server", pytest.param("live", marks=pytest.mark.omero_live)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "live":
        names = ("HOST", "USER", "PASSWORD", "IMAGE")
        host, user, password, number = (os.environ[f"OMERO_TEST_{name}"] for name in names)
        port, image = int(os.environ.get("OMERO_TEST_PORT", "4064")), int(number)
    else:
        server: Server = request.getfixturevalue("server")
        host, port, user, password = server.host, server.port, "ann", server.users["ann"]
        image = server.add_image("facts", ramp(300, 400)).id
    client = omero.client(host, port)
    client.createSession(user, password)
    query = client.sf.getQueryService()
    group = query.get("Image", image, {"omero.group": "-1"}).details.group.id.val
    found = Place(client, image, {"omero.group": str(group)})
    yield found
    for kind, identifier in reversed(found.made):
        found.delete(kind, identifier)
    client.closeSession()


def link_to(image: int, annotation: Any) -> Any:
    link = omero.model.ImageAnnotationLinkI()
    link.setParent(omero.model.ImageI(image, False))
    link.setChild(annotation)
    return link


def roi_on(image: int, *points: str) -> Any:
    roi = omero.model.RoiI()
    roi.setImage(omero.model.ImageI(image, False))
    roi.setName(rstring(NS))
    for each in points:
        polygon = omero.model.PolygonI()
        polygon.setPoints(rstring(each))
        roi.addShape(polygon)
    return roi


def test_a_server_has_a_name_of_its_own(place: Place) -> None:
    config = place.client.sf.getConfigService()

    assert len(config.getDatabaseUuid()) == 36
    assert config.getVersion().startswith("5.")


def test_an_image_tells_its_group_and_rights(place: Place) -> None:
    (image,) = place.find(
        "select i from Image i join fetch i.pixels p join fetch p.pixelsType "
        "join fetch i.details.owner where i.id in (:ids)",
        ids=[place.image],
    )

    assert image.details.permissions.canAnnotate()
    assert str(image.details.group.id.val) == place.context["omero.group"]
    assert image.getPrimaryPixels().pixelsType.value.val
    assert image.details.owner.omeName.val


def test_a_query_that_makes_no_sense_is_refused(place: Place) -> None:
    with pytest.raises(omero.ServerError):
        place.find("select i from Image i where i.colour = 'red'")


def test_key_values_keep_their_order_and_doubles(place: Place) -> None:
    pairs = [["z", "1"], ["a", "2"], ["z", "3"], ["ä ' \"", "<b>"]]
    annotation = omero.model.MapAnnotationI()
    annotation.setNs(rstring(NS))
    annotation.setMapValue([omero.model.NamedValue(*pair) for pair in pairs])
    link = place.save(link_to(place.image, annotation))
    place.made.append(("MapAnnotation", link.child.id.val))

    (found,) = place.find(
        "select l from ImageAnnotationLink l join fetch l.details.owner join fetch l.child a "
        "join fetch a.details.owner left outer join fetch a.file "
        "where l.parent.id in (:ids) and a.ns in (:ns) order by l.id",
        ids=[place.image],
        ns=[NS],
    )

    assert [[v.name, v.value] for v in found.child.getMapValue()] == pairs
    assert found.child.details.owner.id.val == found.details.owner.id.val


def test_an_annotation_takes_its_links_along(place: Place) -> None:
    annotation = omero.model.XmlAnnotationI()
    annotation.setNs(rstring(NS))
    annotation.setTextValue(rstring("<journal/>"))
    link = place.save(link_to(place.image, annotation))

    answer = place.delete("XmlAnnotation", link.child.id.val)

    assert not isinstance(answer, omero.cmd.ERR), answer
    place.made.clear()
    text = "select l.id from ImageAnnotationLink l where l.id = :id"
    assert place.values(text, id=link.id.val) == []


def test_shapes_bring_their_transforms_when_asked(place: Place) -> None:
    roi = roi_on(place.image, "0,0 4.25,0 4,-4e-1")
    transform = omero.model.AffineTransformI()
    for name, value in (("A00", 1), ("A10", 0), ("A01", 0), ("A11", 1), ("A02", 7), ("A12", 9)):
        getattr(transform, f"set{name}")(rdouble(value))
    roi.copyShapes()[0].setTransform(transform)
    saved = place.save(roi)

    (found,) = place.find(
        "select distinct r from Roi r join fetch r.details.owner left outer join fetch r.shapes s "
        "left outer join fetch s.transform where r.id in (:ids) order by r.id",
        ids=[saved.id.val],
    )

    (shape,) = found.copyShapes()
    assert shape.points.val == "0,0 4.25,0 4,-4e-1"
    assert shape.transform.isLoaded()
    assert (shape.transform.a02.val, shape.transform.a12.val) == (7.0, 9.0)


def test_a_change_of_an_old_version_is_refused(place: Place) -> None:
    saved = place.save(roi_on(place.image))
    service = place.client.sf.getUpdateService()
    (mine,), (yours,) = (
        place.find("select r from Roi r where r.id = :id", id=saved.id.val) for _ in range(2)
    )
    mine.setDescription(rstring("mine"))
    service.saveObject(mine, place.context)

    yours.setDescription(rstring("yours"))
    with pytest.raises(omero.OptimisticLockException):
        service.saveObject(yours, place.context)


def test_a_shape_that_is_taken_out_is_gone(place: Place) -> None:
    saved = place.save(roi_on(place.image, "0,0 4,0 4,4", "1,1 5,1 5,5"))
    (roi,) = place.find(
        "select r from Roi r left outer join fetch r.shapes where r.id = :id", id=saved.id.val
    )[:1]
    first, second = roi.copyShapes()

    roi.removeShape(first)
    place.client.sf.getUpdateService().saveObject(roi, place.context)

    text = "select s.id from Shape s where s.roi.id = :id"
    assert place.values(text, id=saved.id.val) == [second.id.val]


def test_pages_do_not_overlap(place: Place) -> None:
    made = [place.save(roi_on(place.image, "0,0 4,0 4,4", "1,1 2,1 2,2")).id.val for _ in range(5)]
    text = (
        "select distinct r from Roi r left outer join fetch r.shapes "
        "where r.id in (:ids) order by r.id"
    )

    pages = [place.find(text, ids=made, page=(offset, 2)) for offset in (0, 2, 4)]

    assert [[roi.id.val for roi in page] for page in pages] == [made[:2], made[2:4], made[4:]]
    assert {roi.sizeOfShapes() for page in pages for roi in page} == {2}


def test_a_call_saves_all_or_nothing(place: Place) -> None:
    text = "select r.id from Roi r where r.image.id = :id order by r.id"
    before = place.values(text, id=place.image)
    broken = omero.model.ImageAnnotationLinkI()
    broken.setParent(omero.model.ImageI(place.image, False))

    with pytest.raises(omero.ServerError):
        place.client.sf.getUpdateService().saveArray([roi_on(place.image), broken], place.context)

    assert place.values(text, id=place.image) == before


def test_a_file_annotation_takes_its_file_along(place: Place, tmp_path: Path) -> None:
    content = b"transform " * 1000
    (tmp_path / "transform.json").write_bytes(content)
    file = omero.model.OriginalFileI()
    file.setName(rstring("transform.json"))
    file.setPath(rstring(NS))
    uploaded = place.client.upload(str(tmp_path / "transform.json"), ofile=file, block_size=4096)
    annotation = omero.model.FileAnnotationI()
    annotation.setNs(rstring(NS))
    annotation.setFile(omero.model.OriginalFileI(uploaded.id.val, False))
    link = place.save(link_to(place.image, annotation))

    (row,) = place.find("select f from OriginalFile f where f.path = :path", path=NS)[-1:]
    place.client.download(row, str(tmp_path / "down"))
    answer = place.delete("FileAnnotation", link.child.id.val)

    assert (row.size.val, row.hash.val) == (len(content), hashlib.sha1(content).hexdigest())
    assert (tmp_path / "down").read_bytes() == content
    assert not isinstance(answer, omero.cmd.ERR), answer
    place.made.clear()
    text = "select f.id from OriginalFile f where f.id = :id"
    assert place.values(text, id=uploaded.id.val) == []


def test_levels_begin_at_full_resolution_and_end_at_the_edge(place: Place) -> None:
    (image,) = place.find(
        "select i from Image i join fetch i.pixels where i.id = :id", id=place.image
    )
    pixels = image.getPrimaryPixels()
    store = place.client.sf.createRawPixelsStore()
    try:
        store.setPixelsId(pixels.id.val, False, place.context)
        sizes = [(d.sizeX, d.sizeY) for d in store.getResolutionDescriptions()]
        width, height = sizes[0]
        last = store.getResolutionLevels() - 1

        assert (width, height) == (pixels.sizeX.val, pixels.sizeY.val)
        assert sizes == sorted(sizes, reverse=True)
        assert store.getResolutionLevel() == last
        tile = store.getTile(0, 0, 0, width - 5, height - 3, 5, 3)
        assert len(tile) == 15 * store.getByteWidth()
        with pytest.raises(omero.ServerError):
            store.getTile(0, 0, 0, width - 5, height - 3, 6, 3)
        store.setResolutionLevel(0)
        assert len(store.getTile(0, 0, 0, 0, 0, 2, 2)) == 4 * store.getByteWidth()
    finally:
        store.close()


def test_a_session_is_joined_and_left(place: Place) -> None:
    joined = omero.client(place.client.getPropertyMap())
    session = joined.joinSession(place.client.getSessionId())
    session.detachOnDestroy()

    assert session.getAdminService().getEventContext().sessionUuid == place.client.getSessionId()
    joined.closeSession()

    assert place.client.sf.keepAlive(None)
