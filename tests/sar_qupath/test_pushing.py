"""Results on their way into a project: what is offered, published, taken back, and kept."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import qupath_projects
import qupath_scenes
from qupath_scenes import HE, IHC, drawn, export, feature, identity, scene, square

from sar_models.domain.alignment import Risk
from sar_models.domain.errors import ConflictError, SlideError, StoreError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.domain.review import Decision
from sar_models.domain.transfer import TransferOptions
from sar_models.stores import PushPolicy
from sar_models.stores.geojson import lint
from sar_models.stores.reviews import ReviewLog
from sar_qupath.decisions import adopt_decisions
from sar_qupath.opening import open_project
from sar_qupath.pushing import apply_pair, plan_pair, plan_withdrawal

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_qupath.pushing import PairPlan
    from sar_qupath.store import ProjectStore

ALL = PushPolicy(publish="all")
SAME = TransferOptions(section="same")


def push(
    store: ProjectStore, alignment: Alignment, policy: PushPolicy = ALL, **more: Any
) -> PairPlan:
    pair = plan_pair(store, alignment, policy, **more)
    apply_pair(store, pair)
    return pair


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(
            p.relative_to(folder)
        ): f"{p.stat().st_mtime_ns} {hashlib.sha256(p.read_bytes()).hexdigest()}"
        for p in files
    }


def outbox(store: ProjectStore, kind: str = "outbox") -> dict[str, Any]:
    path = store.shelf.places.results / kind / "2" / "1.geojson"
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def names(record: dict[str, Any]) -> list[str]:
    return [f["properties"].get("name", "") for f in record["features"]]


def test_reading_changes_nothing(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    before = hashes(tmp_path)
    list(store.slides())
    store.annotations("he.tif")
    plan_pair(store, alignment, ALL)
    plan_withdrawal(store, "he.tif", "ihc.tif", ALL)
    assert hashes(tmp_path) == before


def test_qupaths_own_files_are_never_written(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    own = ["project.qpproj", "data/1/data.qpdata", "data/2/data.qpdata"]
    before = {name: hashes(tmp_path)[name] for name in own}
    push(store, alignment)
    apply_pair(store, plan_withdrawal(store, "he.tif", "ihc.tif", ALL, records=True))
    assert {name: hashes(tmp_path)[name] for name in own} == before


def test_every_kind_of_object_arrives_as_qupath_reads_it(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    pair = push(store, alignment, options=SAME)
    assert pair.summary["told"] == "8 mapped, 1 without tissue"
    record = outbox(store)
    assert [finding for finding in lint(record) if finding.severity == "error"] == []
    by_name = {f["properties"]["name"]: f for f in record["features"]}
    assert set(by_name) == {f["properties"]["name"] for f in drawn()} - {"elsewhere"}
    assert {f["id"] for f in by_name.values()} == {identity(name) for name in by_name}
    hole = by_name['hole µ "x"']
    assert len(hole["geometry"]["coordinates"]) == 2
    properties = hole["properties"]
    assert properties["classification"] == {"name": "Tumor: Positive", "color": [200, 0, 0]}
    assert properties["isLocked"] is True
    assert properties["metadata"]["stage"] == "pT1"
    assert properties["metadata"]["sar_align.frame"] == "qupath"
    assert properties["metadata"]["sar_align.push.source"] == "entry:1"
    assert set(properties["measurements"]) == {
        "SAR-Align: confidence",
        "SAR-Align: expected error px",
    }
    kinds = {name: f["geometry"]["type"] for name, f in by_name.items()}
    assert kinds["parts"] == "MultiPolygon"
    assert kinds["points"] == "MultiPoint"
    assert kinds["line"] == "LineString"
    assert by_name["core"]["properties"]["objectType"] == "tmaCore"
    assert by_name["cell"]["nucleusGeometry"]["type"] == "Polygon"
    (child,) = by_name["outer"]["properties"]["childObjects"]
    assert child["properties"]["name"] == "inner"


def test_cells_stay_at_home_on_a_serial_section(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    pair = push(store, alignment)
    assert pair.summary["counts"]["refused"] == 1
    assert "cell" not in names(outbox(store))


def test_many_detections_arrive_and_the_second_push_writes_nothing(
    tmp_path: Path,
) -> None:
    store, alignment = scene(tmp_path)
    cells = [
        feature(f"d{i}", "Polygon", [square(400 + 9 * (i % 120), 400 + 9 * (i // 120), 4)],
                objectType="detection")
        for i in range(1500)
    ]  # fmt: skip
    export(store.shelf.project, HE, cells)
    pair = push(store, alignment, options=SAME)
    assert pair.summary["counts"]["mapped"] + pair.summary["counts"]["below-resolution"] == 1500
    before = hashes(tmp_path)
    again = push(store, alignment, options=SAME)
    assert {item.action for item in again.items} == {"keep"}
    assert hashes(tmp_path) == before


def test_a_newer_alignment_replaces_by_id(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    push(store, alignment)
    first = outbox(store)
    newer = replace(alignment, risk=Risk(0.1))
    pair = push(store, newer)
    assert {item.action for item in pair.items} == {"update"}
    second = outbox(store)
    assert [f["id"] for f in first["features"]] == [f["id"] for f in second["features"]]
    content = {f["properties"]["metadata"]["sar_align.content"] for f in second["features"]}
    assert content == {newer.content_sha256}


def test_unreviewed_results_are_offered_and_published_once_somebody_accepts(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    accepted_only = PushPolicy()
    pair = push(store, alignment, accepted_only)
    assert pair.summary["status"] == "offered"
    assert list(store.annotations("ihc.tif")) == []
    offer = outbox(store, "offers")
    places = store.shelf.places
    note = {"kind": "sar-align/decision", "version": 1, "decision": "accept",
            "content_sha256": alignment.content_sha256}  # fmt: skip
    foreign = note | {"content_sha256": "0" * 64}
    places.notes.mkdir()
    for name, record in (("a", note), ("b", foreign), ("c", {})):
        (places.notes / f"{name}.json").write_text(json.dumps(record))
    assert adopt_decisions(places) == 1
    assert sorted(path.name for path in places.notes.iterdir()) == ["b.json", "c.json"]
    decision = ReviewLog(places.results).state().decision(alignment.content_sha256)
    assert decision is Decision.ACCEPT
    pair = push(store, alignment, accepted_only)
    assert pair.summary["status"] == "published"
    published = outbox(store)
    assert published["features"] == offer["features"]
    assert not places.offer("entry:2", "entry:1").exists()
    before = hashes(tmp_path)
    push(store, alignment, accepted_only)
    assert hashes(tmp_path) == before


def test_a_rejection_takes_everything_back(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    pair = push(store, alignment)
    assert [f.action for f in pair.files] == ["create", "create"]
    log = ReviewLog(store.shelf.places.results)
    log.record(alignment.content_sha256, Decision.REJECT, reason="Mirrored.")
    pair = push(store, alignment)
    assert names(outbox(store)) == []
    assert [f.action for f in pair.files] == ["delete", "delete"]
    assert not store.shelf.places.warpy(HE, IHC).exists()
    assert pair.summary["status"] == "held"


def test_withdrawal_takes_exactly_ours(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    theirs = feature("theirs", "Polygon", [square(10, 10, 50)])
    export(store.shelf.project, IHC, [theirs])
    push(store, alignment)
    pair = plan_withdrawal(store, "#1", "#2", ALL, records=True)
    apply_pair(store, pair)
    assert [a.name for a in store.annotations("ihc.tif")] == ["theirs"]
    assert store.shelf.record("he.tif", "ihc.tif") is None
    results = store.shelf.places.results
    assert not list(results.glob("summaries/2/*"))
    assert not store.shelf.places.warpy(HE, IHC).exists()


def test_force_brings_back_what_a_person_deleted_and_only_once(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn()[:1])
    push(store, alignment)
    ours = outbox(store)["features"][0]["id"]
    export(store.shelf.project, IHC, [], imported={"entry:1": {ours: 1}})
    assert list(store.annotations("ihc.tif")) == []
    assert push(store, alignment).items[-1].reason == "a person deleted it"
    push(store, alignment, PushPolicy(publish="all", force=True))
    assert outbox(store)["sar_align"]["generations"] == {ours: 2}
    assert len(store.annotations("ihc.tif")) == 1
    export(store.shelf.project, IHC, [], imported={"entry:1": {ours: 2}})
    assert list(store.annotations("ihc.tif")) == []


def test_an_entry_that_changed_since_the_plan_is_a_conflict(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn())
    for touched in ("data/2/data.qpdata", "project.qpproj"):
        pair = plan_pair(store, alignment, ALL)
        file = tmp_path / touched
        content = file.read_bytes()
        file.write_bytes(content + b"\n")
        before = hashes(tmp_path)
        with pytest.raises(ConflictError, match="has changed since the plan"):
            apply_pair(store, pair)
        assert hashes(tmp_path) == before
        file.write_bytes(content)


def test_another_image_under_the_same_name_is_refused(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    qupath_projects.write_image(
        tmp_path / "slides" / "he.tif", qupath_projects.plain_image(900, 700)
    )
    with pytest.raises((StoreError, SlideError), match=r"has another image|has an image of"):
        plan_pair(store, alignment, ALL)


def test_a_warpy_file_of_somebody_else_stays(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    theirs = store.shelf.places.warpy(HE, IHC)
    theirs.write_text("{}")
    pair = push(store, alignment)
    assert pair.files[0].reason == "somebody else made it"
    apply_pair(store, plan_withdrawal(store, "he.tif", "ihc.tif", ALL))
    assert theirs.read_text() == "{}"


def test_warpy_maps_entry_pixels_also_of_a_turned_entry(tmp_path: Path) -> None:
    """The objects of a turned entry and its transform tell the same place."""
    project = qupath_scenes.write_scene(tmp_path)
    record = json.loads(project.read_text(encoding="utf-8"))
    leaf = record["images"][1]["serverBuilder"]
    record["images"][1]["serverBuilder"] = {
        "builderType": "rotated", "rotation": "ROTATE_90", "builder": leaf,
        "metadata": qupath_projects.metadata(1800, 2200),
    }  # fmt: skip
    project.write_text(json.dumps(record), encoding="utf-8")
    store = open_project(str(project))
    alignment = qupath_scenes.alignment_of(store)
    export(project, HE, [feature("p", "Point", [800, 700])])
    push(store, alignment)
    (point,) = outbox(store)["features"]
    expected = alignment.fragments[0].transform.map(np.array([[800.0, 700.0]]))[0]
    turned = [1800 - expected[1], expected[0]]
    np.testing.assert_allclose(point["geometry"]["coordinates"], turned, atol=0.02)
    assert point["properties"]["metadata"]["sar_align.frame"] == "qupath-entry"
    assert point["properties"]["metadata"]["sar_align.slide_size"] == "1800 x 2200"
    (back,) = store.annotations("ihc.tif")
    np.testing.assert_allclose(back.geometry.coords[0], expected, atol=0.02)
    spline = json.loads(store.shelf.places.warpy(HE, IHC).read_text(encoding="utf-8"))
    wrapped = spline["realTransform_1"]["wrappedTransform"]["wrappedTransform"]
    source, target = (np.array(wrapped[key]).T for key in ("srcPts", "tgtPts"))
    again = alignment.fragments[0].transform.map(source)
    np.testing.assert_allclose(
        target, np.column_stack([1800 - again[:, 1], again[:, 0]]), atol=1e-6
    )


def test_the_projects_pixel_size_counts_before_the_files(tmp_path: Path) -> None:
    file = qupath_projects.write_image(tmp_path / "a.tif", qupath_projects.plain_image())
    stated = qupath_projects.metadata(80, 60, 0.25)
    wrong = qupath_projects.metadata(81, 60)
    entries = [
        qupath_projects.entry(1, "a", qupath_projects.uri_builder(file.as_uri(), stated)),
        qupath_projects.entry(2, "b", qupath_projects.uri_builder(file.as_uri(), wrong)),
    ]
    store = open_project(str(qupath_projects.write_project(tmp_path, entries)))
    with store.open("a") as slide:
        assert slide.info.mpp == Mpp(0.25, 0.25)
        assert slide.info.size == Size(80, 60)
        np.testing.assert_array_equal(
            slide.read(0, Region(3, 4, 5, 6)), qupath_projects.plain_image()[4:10, 3:8]
        )
    with pytest.raises(SlideError, match="has an image of 81 x 60 pixels"):
        store.frame_of("b")


def test_an_image_on_a_server_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    builder = qupath_projects.uri_builder("https://omero.invalid/webclient/?show=image-12")
    store = open_project(
        str(qupath_projects.write_project(tmp_path, [qupath_projects.entry(1, "o", builder)]))
    )
    assert list(store.slides()) == []
    (why,) = store.scan().unreadable.values()
    assert "omero" in str(why).lower()


def test_slides_go_by_name_number_file_and_address(tmp_path: Path) -> None:
    store, _ = scene(tmp_path)
    shelf = store.shelf
    slide = tmp_path / "slides" / "he.tif"
    for known in ("he.tif", "#1", str(slide), f"qupath:{shelf.project}#1"):
        assert shelf.slide_id(known) == "he.tif"
    assert shelf.slide_id("/elsewhere/other.svs").startswith("other.svs#")


def test_objects_keep_their_ids_when_an_image_is_renamed(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    export(store.shelf.project, HE, drawn()[:2])
    push(store, alignment)
    project = store.shelf.project
    text = project.read_text(encoding="utf-8").replace(
        '"imageName": "he.tif"', '"imageName": "H&E"'
    )
    project.write_text(text, encoding="utf-8")
    again = push(store, alignment)
    assert {item.action for item in again.items} == {"keep"}
    assert {uuid.UUID(f["id"]) for f in outbox(store)["features"]} == {
        a.id for a in store.annotations("ihc.tif")
    }
