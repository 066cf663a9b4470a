"""Deleting: what goes along, what stays, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.cmd
import omero.model
import pytest
from omero.rtypes import rstring
from omero_server import ramp

if TYPE_CHECKING:
    from pathlib import Path

    from omero_server import SeededImage, Server


def annotate(gateway: Any, image: int, annotation: Any, ns: str = "test/ns") -> int:
    """Tie an annotation, new or an id, to an image; return its id."""
    if annotation._loaded:
        annotation.setNs(rstring(ns))
    link = omero.model.ImageAnnotationLinkI()
    link.setParent(omero.model.ImageI(image, False))
    link.setChild(annotation)
    saved = gateway.getUpdateService().saveAndReturnObject(link)
    found: int = saved.child.id.val
    return found


def delete(gateway: Any, *, dry: bool = False, options: Any = None, **targets: list[int]) -> Any:
    """Return the answer to a Delete2."""
    request = omero.cmd.Delete2(targetObjects=targets, childOptions=options, dryRun=dry)
    handle = gateway.c.sf.submit(request, gateway.SERVICE_OPTS)
    answer = handle.getResponse()
    handle.close()
    return answer


def ids(server: Server, kind: str) -> set[int]:
    return {row["id"] for row in server.rows() if row["kind"] == kind}


def test_an_image_goes_with_its_parts_and_private_annotations(server: Server, gateway: Any) -> None:
    before = server.content()
    image = server.add_image("doomed", ramp())
    server.add_rois(image.id, [[{"kind": "Point", "x": 1.0, "transform": (1, 0, 0, 1, 2, 3)}]])
    annotate(gateway, image.id, omero.model.MapAnnotationI())
    annotate(gateway, image.id, omero.model.CommentAnnotationI())

    answer = delete(gateway, Image=[image.id])

    assert answer.deletedObjects["ome.model.core.Image"] == [image.id]
    assert {name.rsplit(".", 1)[1] for name in answer.deletedObjects} >= {
        *("CommentAnnotation", "ImageAnnotationLink", "MapAnnotation", "Pixels", "Point", "Roi"),
    }
    left = {text: n - before.get(text, 0) for text, n in server.content().items()}
    assert {text.split("(")[0] for text, n in left.items() if n} == {"LogicalChannel"}


def test_tags_stay_unless_the_request_includes_them(server: Server, gateway: Any) -> None:
    for include in (None, ["TagAnnotation"]):
        image = server.add_image("doomed", ramp())
        tag = annotate(gateway, image.id, omero.model.TagAnnotationI())
        options = include and [omero.cmd.graphs.ChildOption(includeType=include)]

        delete(gateway, options=options, Image=[image.id])

        assert (tag in ids(server, "TagAnnotation")) == (include is None)


def test_an_annotation_that_another_image_has_stays(server: Server, gateway: Any) -> None:
    first, second = server.add_image("a", ramp()), server.add_image("b", ramp())
    shared = annotate(gateway, first.id, omero.model.MapAnnotationI())
    annotate(gateway, second.id, omero.model.MapAnnotationI(shared, False))

    delete(gateway, Image=[first.id])
    assert shared in ids(server, "MapAnnotation")

    delete(gateway, Image=[second.id])
    assert shared not in ids(server, "MapAnnotation")


def test_a_file_annotation_takes_its_file_along(
    server: Server, gateway: Any, image: SeededImage, tmp_path: Path
) -> None:
    path = tmp_path / "transform.json"
    path.write_text("{}")
    annotation = gateway.createFileAnnfromLocalFile(str(path), ns="test/file")
    gateway.getObject("Image", image.id).linkAnnotation(annotation)
    file = annotation.getFile().getId()

    refused = delete(gateway, OriginalFile=[file])
    assert "uses it" in refused.parameters["message"]
    delete(gateway, Annotation=[annotation.getId()])

    assert file not in ids(server, "OriginalFile")
    assert [o for o in server.orphans() if "ile" in o] == []
    assert not any(server.folder.glob(f"files/{file}"))


def test_a_dry_run_tells_and_changes_nothing(
    server: Server, gateway: Any, image: SeededImage
) -> None:
    before = server.rows()

    answer = delete(gateway, dry=True, Image=[image.id])

    assert "ome.model.core.Image" in answer.deletedObjects
    assert server.rows() == before
    assert server.writes() == []


def test_images_go_with_their_last_dataset(server: Server, gateway: Any) -> None:
    first, second = server.add_dataset("a"), server.add_dataset("b")
    shared = server.add_image("shared", ramp(), dataset=first)
    alone = server.add_image("alone", ramp(), dataset=first)
    server.link("DatasetImageLink", second, shared.id)

    delete(gateway, Dataset=[first])

    assert ids(server, "Image") & {shared.id, alone.id} == {shared.id}


def test_a_link_goes_alone(server: Server, gateway: Any, image: SeededImage) -> None:
    tag = annotate(gateway, image.id, omero.model.TagAnnotationI())
    (link,) = (
        row["id"]
        for row in server.rows()
        if row["kind"] == "ImageAnnotationLink" and row["values"]["child"]["ref"][1] == tag
    )

    delete(gateway, ImageAnnotationLink=[link])

    assert tag in ids(server, "TagAnnotation")
    assert image.id in ids(server, "Image")


def test_what_is_not_there_cannot_be_deleted(gateway: Any) -> None:
    answer = delete(gateway, Roi=[987654])

    assert (answer.category, answer.parameters["message"]) == (
        "graph-fail",
        "cannot read Roi[987654]",
    )


def test_nothing_goes_if_one_may_not(server: Server, gateway: Any) -> None:
    mine = server.add_image("mine", ramp())
    yours = server.add_image("yours", ramp(), owner="ben")

    with pytest.raises(omero.CmdError, match="not permitted to delete Image"):
        gateway.deleteObjects("Image", [mine.id, yours.id], wait=True)

    assert ids(server, "Image") >= {mine.id, yours.id}


def test_update_deletes_single_rows_that_nothing_needs(
    server: Server, gateway: Any, image: SeededImage
) -> None:
    (roi,) = server.add_rois(image.id, [[{"kind": "Point", "x": 1.0}]])
    service = gateway.getUpdateService()

    with pytest.raises(omero.ValidationException, match="is used by Point"):
        service.deleteObject(omero.model.RoiI(roi, False))
    shape = gateway.getRoiService().findByRoi(roi, None).rois[0].copyShapes()[0]
    service.deleteObject(shape)
    service.deleteObject(omero.model.RoiI(roi, False))

    assert roi not in ids(server, "Roi")
