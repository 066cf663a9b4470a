"""What OMERO's four kinds of groups allow: told beforehand, and held to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.model
import pytest
from omero.rtypes import rstring
from omero_server import ramp

if TYPE_CHECKING:
    from collections.abc import Callable

    from omero_server import Server

GROUPS = {"private-lab": 3, "read-only-lab": 4, "annotate-lab": 5, "write-lab": 6}
# Ann owns the image. Who may, as OMERO's documentation of permissions has it:
# see, annotate, link, edit, delete.
ALLOWED = {
    ("private-lab", "ann"): "saled",
    ("private-lab", "ben"): "",
    ("private-lab", "lea"): "sed",
    ("private-lab", "root"): "sed",
    ("read-only-lab", "ann"): "saled",
    ("read-only-lab", "ben"): "s",
    ("read-only-lab", "lea"): "saled",
    ("read-only-lab", "root"): "saled",
    ("annotate-lab", "ann"): "saled",
    ("annotate-lab", "ben"): "sa",
    ("annotate-lab", "lea"): "saled",
    ("annotate-lab", "root"): "saled",
    ("write-lab", "ann"): "saled",
    ("write-lab", "ben"): "saled",
    ("write-lab", "lea"): "saled",
    ("write-lab", "eve"): "saled",
}


@pytest.fixture(params=ALLOWED, ids="-".join)
def case(
    request: pytest.FixtureRequest, server: Server, connect: Callable[..., Any]
) -> tuple[Any, Any, Any, str]:
    """Somebody's gateway, in the image's group; ids of the image and its dataset; the rights."""
    group, user = request.param
    dataset = server.add_dataset("target", group=group)
    image = server.add_image("slide", ramp(), group=group)
    gateway = connect(server, user)
    gateway.SERVICE_OPTS.setOmeroGroup(str(GROUPS[group]))
    return gateway, image.id, dataset, ALLOWED[request.param]


def link(kind: str, parent: Any, child: Any) -> Any:
    found = getattr(omero.model, f"{kind}I")()
    found.setParent(parent)
    found.setChild(child)
    return found


def comment_on(image: int) -> Any:
    comment = omero.model.CommentAnnotationI()
    comment.setTextValue(rstring("seen"))
    return link("ImageAnnotationLink", omero.model.ImageI(image, False), comment)


def roi_on(image: int) -> Any:
    roi = omero.model.RoiI()
    roi.setImage(omero.model.ImageI(image, False))
    return roi


def dataset_of(image: int, dataset: int) -> Any:
    parent = omero.model.DatasetI(dataset, False)
    return link("DatasetImageLink", parent, omero.model.ImageI(image, False))


def holds(gateway: Any, sent: Any, allowed: bool) -> None:
    """Assert that something is saved, or refused."""
    service = gateway.getUpdateService()
    if allowed:
        assert service.saveAndReturnObject(sent, gateway.SERVICE_OPTS).id.val > 0
    else:
        with pytest.raises((omero.SecurityViolation, omero.ValidationException)):
            service.saveAndReturnObject(sent, gateway.SERVICE_OPTS)


def test_rights_are_told(case: tuple[Any, int, int, str]) -> None:
    gateway, image, _, rights = case

    found = gateway.getObject("Image", image)

    assert (found is not None) == ("s" in rights)
    if found is not None:
        told = {
            "a": found.canAnnotate(),
            "l": found.canLink(),
            "e": found.canEdit(),
            "d": found.canDelete(),
        }
        assert {letter for letter, may in told.items() if may} == set(rights) - {"s"}


def test_rights_hold_for_annotations_and_rois(case: tuple[Any, int, int, str]) -> None:
    gateway, image, _, rights = case

    holds(gateway, comment_on(image), "a" in rights)
    holds(gateway, roi_on(image), "a" in rights)


def test_rights_hold_for_datasets(case: tuple[Any, int, int, str]) -> None:
    gateway, image, dataset, rights = case

    holds(gateway, dataset_of(image, dataset), "l" in rights)


def test_rights_hold_for_changes(case: tuple[Any, int, int, str]) -> None:
    gateway, image, _, rights = case
    found = gateway.getObject("Image", image)

    if found is not None:
        found._obj.setName(rstring("renamed"))
        holds(gateway, found._obj, "e" in rights)


def test_rights_hold_for_deleting(server: Server, case: tuple[Any, int, int, str]) -> None:
    gateway, image, _, rights = case

    handle = gateway.deleteObjects("Image", [image], wait=False)
    answer = handle.getResponse()
    handle.close()

    assert isinstance(answer, omero.cmd.ERR) == ("d" not in rights)
    left = any(row["kind"] == "Image" and row["id"] == image for row in server.rows())
    assert left == ("d" not in rights)


def test_across_all_groups_nothing_is_promised_and_nothing_new_begins(
    server: Server, gateway: Any
) -> None:
    image = server.add_image("slide", ramp(), group="write-lab")
    gateway.SERVICE_OPTS.setOmeroGroup("-1")

    assert not gateway.getObject("Image", image.id).canAnnotate()
    holds(gateway, comment_on(image.id), False)


def test_things_of_two_groups_are_not_tied_together(server: Server, gateway: Any) -> None:
    image = server.add_image("slide", ramp(), group="write-lab")
    dataset = server.add_dataset("target", group="annotate-lab")

    with pytest.raises(omero.SecurityViolation, match="MIXED GROUP"):
        gateway.getUpdateService().saveObject(dataset_of(image.id, dataset))
