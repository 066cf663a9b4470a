"""Queries in HQL: what clients send works, what is not understood is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.sys
import pytest
from omero.rtypes import rlist, rlong, rstring
from omero_server import ramp

if TYPE_CHECKING:
    from collections.abc import Callable

    from omero_server import SeededImage, Server

# As omero-py and ezomero send them.
OF_CLIENTS = """
SELECT d.id FROM Project p JOIN p.datasetLinks pdl JOIN pdl.child d WHERE p.id=:project
SELECT i.id FROM Dataset d JOIN d.imageLinks dil JOIN dil.child i WHERE d.id=:dataset
SELECT i.id FROM Image i JOIN i.annotationLinks al JOIN al.child ann JOIN ann.mapValue as nv \
WHERE nv.name = :key AND nv.value = :value
SELECT i.id FROM Image i JOIN i.fileset fs JOIN fs.usedFiles u JOIN u.originalFile o \
WHERE o.name=:oname
SELECT i.id FROM Image i WHERE NOT EXISTS ( SELECT dil FROM DatasetImageLink dil WHERE \
dil.child=i.id ) AND NOT EXISTS ( SELECT ws from WellSample ws WHERE ws.image=i.id )
SELECT i.id FROM Project p JOIN p.datasetLinks pdl JOIN pdl.child d JOIN d.imageLinks dil JOIN \
dil.child i WHERE p.id=:project
SELECT o.path||o.name FROM Image i JOIN i.fileset f JOIN f.usedFiles fe JOIN fe.originalFile o \
WHERE i.id=:imid
SELECT s.id FROM Shape s WHERE s.roi.id=:roi_id
select distinct obj.id from ImageAnnotationLink ial join ial.child ann join ann.mapValue mv join \
ial.parent obj where mv.name = :name and ann.ns = :ns
from DatasetImageLink as c where c.child.id=1
from PixelsType as p where p.value='uint8'
from ProjectDatasetLink as c where c.child.id=1
from WellSample as c where c.image.id=1
select annLink from ImageAnnotationLink as annLink join fetch annLink.details.owner as owner join \
fetch annLink.details.creationEvent join fetch annLink.child as ann join fetch ann.details.owner \
join fetch ann.details.creationEvent join fetch annLink.parent as parent where parent.id in \
(:pids) and ann.ns in (:ns_list)
select c from DatasetImageLink as c join fetch c.child as ch left outer join fetch \
ch.annotationLinks as ial left outer join fetch ial.child as a where c.parent.id=:dsid order by \
c.child.name
select c from ProjectDatasetLink as c join fetch c.child as ch left outer join fetch \
ch.annotationLinks as ial left outer join fetch ial.child as a where c.parent.id=:dsid order by \
c.child.name
select count(*) from Roi as roi where roi.image.id = :imageId
select l from ImageAnnotationLink as l join fetch l.details.owner join fetch \
l.details.creationEvent join fetch l.child as a join fetch a.details.owner left outer join fetch \
a.file join fetch a.details.creationEvent where l.parent.id=1
select ob from Image ob left outer join fetch ob.annotationLinks obal left outer join fetch \
obal.child ann where ann.id in (:oids)
select obj from Dataset obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent join obj.projectLinks projectLinks \
where projectLinks.parent.id = :pid
select obj from Dataset obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent where obj.id in (:ids)
select obj from Experimenter as obj left outer join fetch obj.groupExperimenterMap as \
groupExperimenterMap left outer join fetch groupExperimenterMap.parent g where obj.id in (:ids)
select obj from ExperimenterGroup as obj left outer join fetch obj.groupExperimenterMap as map \
left outer join fetch map.child e where obj.id in (:ids)
select obj from FileAnnotation obj join fetch obj.details.owner as owner join fetch \
obj.details.creationEvent join fetch obj.file where obj.id in (:ids)
select obj from Image obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent
select obj from Image obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent join obj.datasetLinks dlink where \
dlink.parent.id = :did
select obj from Image obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent join obj.datasetLinks dlink where \
dlink.parent.id = :did order by obj.name, obj.id
select obj from Image obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent where obj.id in (:ids)
select obj from Image obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent where obj.name=:name
select obj from MapAnnotation obj join fetch obj.details.owner as owner join fetch \
obj.details.creationEvent where obj.id in (:ids)
select obj from Project obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent
select obj from Project obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent where obj.id in (:ids)
select obj from Roi obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent left outer join fetch obj.shapes as \
shapes left outer join fetch shapes.details.externalInfo where obj.image.id = :image_id
select obj from Shape obj join fetch obj.details.owner as owner left outer join fetch \
obj.details.externalInfo join fetch obj.details.creationEvent where obj.id in (:ids)
select p from Pixels p join fetch p.channels as c join fetch c.logicalChannel as lc where p.id=:pid
""".strip().splitlines()

NOT_UNDERSTOOD = [
    ("select i from Picture i", "Picture is not mapped"),
    ("select i from Image i where i.colour = 1", "could not resolve property: colour"),
    ("select i from Image i where i.rois.name = 'x'", "dereference collection rois"),
    ("select j from Image i", "undefined alias: j"),
    ("select i from Image i where i.id = :absent", "parameters have been set: [absent]"),
    ("select i from Image i where", "unexpected token: the end"),
    ("select i from Image i order i.id", "unexpected token: order"),
    ("select i from Image i where soundex(i.name) = 'x'", "unknown function: soundex"),
    ("select i from Image i; delete from Image", "unexpected char: ';'"),
    ("select i from Image i join i.wellSamples w join w.well x", "the kind of well"),
]


def parameters(**values: Any) -> Any:
    """Return what a client sends along."""
    found = omero.sys.ParametersI()
    found.map = {name: _rtype(value) for name, value in values.items()}
    return found


def _rtype(value: Any) -> Any:
    if isinstance(value, list):
        return rlist([_rtype(item) for item in value])
    return rlong(value) if isinstance(value, int) else rstring(value)


def ask(gateway: Any, text: str, **values: Any) -> list[Any]:
    """Return the values of a projection, plain; single columns as such."""
    rows = gateway.getQueryService().projection(text, parameters(**values), gateway.SERVICE_OPTS)
    plain = [[None if v is None else v.val for v in row] for row in rows]
    return [row[0] if len(row) == 1 else row for row in plain]


@pytest.mark.parametrize("text", OF_CLIENTS)
def test_what_clients_send_is_understood(gateway: Any, image: SeededImage, text: str) -> None:
    numbers = dict.fromkeys(
        ("project", "dataset", "imid", "roi_id", "dsid", "imageId", "pid", "did", "image_id"), 1
    )
    words = {"key": "k", "value": "v", "oname": "x.svs", "name": "k", "ns": "n"}
    lists = {"pids": [1], "ns_list": ["n"], "oids": [1], "ids": [1, image.id]}
    given = parameters(**numbers, **words, **lists)

    service = gateway.getQueryService()
    is_object = not text.startswith(("SELECT", "select distinct obj.id", "select count"))
    call = service.findAllByQuery if is_object else service.projection

    assert isinstance(call(text, given, gateway.SERVICE_OPTS), list)


@pytest.mark.parametrize(("text", "message"), NOT_UNDERSTOOD)
def test_what_is_not_understood_is_refused_by_name(gateway: Any, text: str, message: str) -> None:
    with pytest.raises(omero.ApiUsageException) as caught:
        gateway.getQueryService().projection(text, None, gateway.SERVICE_OPTS)

    assert isinstance(caught.value, omero.QueryException)
    assert message in caught.value.message


def test_objects_are_joined_and_sorted(server: Server, gateway: Any) -> None:
    dataset = server.add_dataset("joined")
    for name in ("b", "a'b", "c"):
        server.add_image(name, ramp(), dataset=dataset)

    text = (
        "select i.name, count(c) from Image i join i.datasetLinks l join i.pixels p "
        "left outer join p.channels c where l.parent.id = :id group by i.name order by i.name desc"
    )
    assert ask(gateway, text, id=dataset) == [["c", 3], ["b", 3], ["a'b", 3]]
    quoted = "select i.name from Image i join i.datasetLinks l where l.parent.id = :id and i.name"
    assert ask(gateway, f"{quoted} = 'a''b'", id=dataset) == ["a'b"]
    assert ask(gateway, f"{quoted} = :name", id=dataset, name="a'b") == ["a'b"]
    assert ask(gateway, f"{quoted} like '%b' order by i.name", id=dataset) == ["a'b", "b"]
    assert ask(gateway, f"{quoted} not in ('b', :n)", id=dataset, n="c") == ["a'b"]


def test_null_is_neither_equal_nor_different(
    server: Server, image: SeededImage, gateway: Any
) -> None:
    polygon = {"kind": "Polygon", "points": "0,0 1,0 1,1"}
    server.add_rois(image.id, [[polygon, polygon | {"textValue": "named"}]])
    text = "select s.textValue from Shape s where s.roi.image.id = :id and "

    assert ask(gateway, text + "s.textValue = 'named'", id=image.id) == ["named"]
    assert ask(gateway, text + "s.textValue != 'named'", id=image.id) == []
    assert ask(gateway, text + "not s.textValue = 'named'", id=image.id) == []
    assert ask(gateway, text + "s.textValue is null", id=image.id) == [None]


def test_subqueries_see_what_is_around_them(
    server: Server, image: SeededImage, gateway: Any
) -> None:
    server.add_rois(image.id, [[{"kind": "Point", "x": 1.0, "y": 2.0}], []])
    text = (
        "select r.id from Roi r where r.image.id = :id and "
        "{} (select s.id from Shape s where s.roi.id = r.id) order by r.id"
    )
    every = ask(gateway, "select r.id from Roi r where r.image.id = :id order by r.id", id=image.id)

    assert ask(gateway, text.format("exists"), id=image.id) == every[:1]
    assert ask(gateway, text.format("not exists"), id=image.id) == every[1:]


def test_a_fetched_collection_multiplies_rows_as_hibernate_does(
    server: Server, image: SeededImage, gateway: Any
) -> None:
    point = {"kind": "Point", "x": 1.0, "y": 2.0}
    server.add_rois(image.id, [[point, point], [point, point], [point]])
    text = "select r from Roi r left outer join fetch r.shapes where r.image.id = :id order by r.id"
    service = gateway.getQueryService()
    given = parameters(id=image.id)

    assert len(service.findAllByQuery(text, given)) == 5
    distinct = service.findAllByQuery(text.replace("select r", "select distinct r"), given)
    assert [roi.sizeOfShapes() for roi in distinct] == [2, 2, 1]
    given.page(1, 2)
    assert [roi.sizeOfShapes() for roi in service.findAllByQuery(text, given)] == [2, 1]


def test_what_is_not_fetched_comes_as_an_id(gateway: Any, image: SeededImage) -> None:
    service = gateway.getQueryService()

    found = service.get("Image", image.id)
    assert not found.isRoisLoaded()
    assert not found.details.owner.isLoaded()
    (fetched,) = service.findAllByQuery(
        "select i from Image i join fetch i.pixels p join fetch p.pixelsType "
        "join fetch i.details.owner where i.id = :id",
        parameters(id=image.id),
    )
    assert fetched.getPrimaryPixels().pixelsType.value.val == "uint8"
    assert fetched.details.owner.omeName.val == "ann"


def test_finding_one_of_two_is_an_error(server: Server, gateway: Any) -> None:
    server.add_dataset("twin")
    server.add_dataset("twin")

    with pytest.raises(omero.ApiUsageException, match="more than one"):
        gateway.getObject("Dataset", attributes={"name": "twin"})


def test_objects_of_other_groups_are_not_found(
    server: Server, connect: Callable[..., Any], gateway: Any
) -> None:
    hidden = server.add_dataset("hidden", owner="ben", group="private-lab")
    other = server.add_dataset("other", owner="ben", group="write-lab")
    text = "select d.id from Dataset d where d.id in (:ids)"

    assert ask(gateway, text, ids=[hidden, other]) == []
    gateway.SERVICE_OPTS.setOmeroGroup("-1")
    assert ask(gateway, text, ids=[hidden, other]) == [other]
    leader = connect(server, "lea")
    leader.SERVICE_OPTS.setOmeroGroup("-1")
    assert ask(leader, text, ids=[hidden, other]) == [hidden, other]


def test_enumerations_are_found_by_value(gateway: Any) -> None:
    found = gateway.getEnumerationEntries("PixelsType")

    assert "uint16" in [entry.getValue() for entry in found]
