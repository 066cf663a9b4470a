"""What a push leaves on a server, for other clients and for other people."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from omero_fixtures import open_as
from omero_scenes import Scene
from rasterize import covered
from shapely.geometry import Point, Polygon, box
from store_harness import note

from sar_models.domain.errors import StoreError
from sar_models.domain.review import Decision
from sar_models.stores.changes import PushPolicy
from sar_omero import namespaces
from sar_omero.linked import linked

if TYPE_CHECKING:
    from pathlib import Path

    from omero_server import Server

HOLED = Polygon(Point(30, 30).buffer(20).exterior, [Point(30, 30).buffer(8).exterior])


def test_other_clients_find_transform_key_values_and_rois(scene: Scene) -> None:
    import ezomero
    from omero.gateway import BlitzGateway

    scene.push(note("a", geometry=HOLED))
    server = scene.server
    gateway = BlitzGateway(
        "ann", server.users["ann"], host=server.host, port=server.port, secure=True
    )
    assert gateway.connect()
    try:
        target = gateway.getObject("Image", scene.target_number)
        files = {
            one.getFile().getName(): b"".join(one.getFileInChunks())
            for one in target.listAnnotations(ns=namespaces.FILE)
        }
        assert sorted(files) == ["alignment.json", "report.html", "transform.safetensors"]
        assert json.loads(files["alignment.json"])["pair"]["target"]["uri"] == scene.target
        for number in (scene.source_number, scene.target_number):
            image = gateway.getObject("Image", number)
            (summary,) = image.listAnnotations(ns=namespaces.ALIGNMENT)
            values = dict(summary.getValue())
            assert (values["Outcome"], values["Status"]) == ("aligned", "not reviewed")
        (roi,) = gateway.getRoiService().findByImage(scene.target_number, None).rois
        shapes = list(roi.copyShapes())
        assert len(shapes) > 1
        drawn = [
            Polygon([tuple(map(float, p.split(","))) for p in s.getPoints().val.split()])
            for s in shapes
        ]
        names = ("Image", scene.target_number)
        (summary_id,) = ezomero.get_map_annotation_ids(gateway, *names, ns=namespaces.ALIGNMENT)
        assert ezomero.get_map_annotation(gateway, summary_id)["Status"] == "not reviewed"
        assert len(ezomero.get_file_annotation_ids(gateway, *names, ns=namespaces.FILE)) == 3
        assert len(ezomero.get_roi_ids(gateway, scene.target_number)) == 1
        meant = covered(HOLED, 60)
        found = sum(covered(polygon, 60).astype(int) for polygon in drawn) > 0
        assert (meant & found).sum() / (meant | found).sum() >= 0.999
    finally:
        gateway.close(hard=False)


def test_a_decision_changes_the_status_and_nothing_else(scene: Scene) -> None:
    scene.push(note("a"), policy=PushPolicy())
    assert scene.store.annotations(scene.target) == ()
    before = scene.server.counts()
    report = scene.push(note("a"), policy=PushPolicy(), decision=Decision.NEEDS_FIX)
    assert [item.reason for item in report.items if item.action == "update"] == ["now needs a fix"]
    assert scene.server.counts() == before
    scene.push(note("a"), policy=PushPolicy(), decision=Decision.ACCEPT)
    assert len(scene.store.annotations(scene.target)) == 1
    scene.push(note("a"), policy=PushPolicy(), decision=Decision.REJECT)
    assert scene.store.annotations(scene.target) == ()
    pair = (f"Image:{scene.source_number}", f"Image:{scene.target_number}")
    assert scene.store.shelf.status(*pair) == "rejected"


def test_one_edited_polygon_is_one_update_and_no_other_id_changes(scene: Scene) -> None:
    scene.push(note("a"), note("b", 40))
    before = {row["id"] for row in scene.server.rows() if row["kind"] == "Roi"}
    scene.server.forget_calls()
    moved = replace(note("b", 40), geometry=box(41, 10, 52, 30))
    report = scene.push(note("a"), moved)
    assert report.counts == {"create": 0, "update": 1, "keep": 2, "delete": 0}
    assert {row["id"] for row in scene.server.rows() if row["kind"] == "Roi"} == before
    assert scene.server.orphans() == []


def test_above_the_cap_the_whole_set_is_one_file(scene: Scene, tmp_path: Path) -> None:
    few = open_as(scene.server, "ann", tmp_path / "few", most_rois=2)
    notes = [note(name, 5.0 * i) for i, name in enumerate("abc")]
    before = scene.server.counts().get("Roi", 0)
    scene.push(*notes[:2], store=few)
    assert scene.server.counts()["Roi"] == before + 2
    scene.push(*notes, store=few)
    assert scene.server.counts().get("Roi", 0) == before
    (attached,) = few.connection.read(
        lambda session: linked(session, [scene.target_number], [namespaces.OBJECTS])
    )
    assert attached.file.getName().getValue() == "objects.geojson"
    assert sorted(one.name for one in few.annotations(scene.target)) == ["a", "b", "c"]
    again = scene.push(*notes, store=few)
    assert again.counts == {"create": 0, "update": 0, "keep": 4, "delete": 0}
    scene.push(notes[0], store=few)
    assert [one.name for one in few.annotations(scene.target)] == ["a"]
    assert scene.server.counts()["Roi"] == before + 1
    scene.withdraw(few)
    assert scene.server.orphans() == []
    few.close()


def test_objects_of_somebody_else_are_told_and_never_doubled(omero: Server, tmp_path: Path) -> None:
    ann, ben = (open_as(omero, user, tmp_path / user) for user in ("ann", "ben"))
    scene = Scene(omero, ann, group="write-lab")
    scene.push(note("a"), note("b", 40))
    before = omero.content()
    moved = replace(note("a"), geometry=box(50, 10, 60, 20))
    report = scene.push(moved, note("b", 40), store=ben)
    assert report.counts["create"] == report.counts["update"] == 0
    assert "it belongs to 'ann'" in {item.reason for item in report.items}
    withdrawn = scene.withdraw(ben)
    assert withdrawn.counts["delete"] == 0
    assert omero.content() == before
    scene.withdraw(ann)
    for store in (ann, ben):
        store.close()


@pytest.mark.parametrize(
    ("group", "user", "allowed"),
    [
        ("read-only-lab", "ben", False),
        ("read-only-lab", "ann", True),
        ("annotate-lab", "ben", True),
        ("write-lab", "ben", True),
        ("private-lab", "ann", True),
    ],
)
def test_permissions_are_checked_first_and_writes_go_to_the_images_group(
    omero: Server, tmp_path: Path, group: str, user: str, allowed: bool
) -> None:
    store = open_as(omero, user, tmp_path)
    scene = Scene(omero, store, group=group, owner="ann")
    omero.forget_calls()
    if not allowed:
        with pytest.raises(StoreError, match="lacks the permission to annotate Image"):
            store.plan(scene.push_of(note("a")), PushPolicy(publish="all"))
        assert omero.writes() == []
    else:
        scene.push(note("a"))
        groups = {row["group"] for row in omero.rows() if row["kind"] == "Roi"}
        record = store.shelf.image(scene.target)
        assert record.group in groups
        scene.withdraw()
    store.close()


def test_a_leader_and_an_admin_push_as_themselves(omero: Server, tmp_path: Path) -> None:
    lea = open_as(omero, "lea", tmp_path)
    scene = Scene(omero, lea, group="read-only-lab", owner="ann")
    if lea.shelf.image(scene.target).may_annotate:
        scene.push(note("a"))
        assert len(lea.annotations(scene.target)) == 1
        scene.withdraw()
    else:
        with pytest.raises(StoreError, match="lacks the permission"):
            scene.push(note("a"))
    lea.close()
