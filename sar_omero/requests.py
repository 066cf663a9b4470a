"""What people ask for in OMERO: alignments that a sync does for them, within their own rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import StoreError
from sar_omero import namespaces
from sar_omero.images import image_record
from sar_omero.linked import linked

if TYPE_CHECKING:
    from sar_omero.images import ImageRecord
    from sar_omero.linked import Linked
    from sar_omero.session import Session
    from sar_omero.store import OmeroStore

TARGET_KEY = "Align to"
"""Key of the pair on the source image; its value is the id of the target image."""
_MEMBERS = "select m.child.omeName from GroupExperimenterMap m where m.parent.id = :id"


def requested(store: OmeroStore) -> list[dict[str, Any]]:
    """Return the requests on the images of a store, as JSON values.

    ``problem`` says why one is not to be done: its requester lacks the right to annotate one of
    the images, or it cannot be read. The right of whoever runs the sync does not count.
    """
    numbers = [record.number for record in store.records()]
    found = store.connection.read(lambda session: linked(session, numbers, [namespaces.REQUEST]))
    return [_request(store, one) for one in found]


def _request(store: OmeroStore, one: Linked) -> dict[str, Any]:
    target = dict(one.pairs).get(TARGET_KEY, "").lower().removeprefix("image:").strip()
    told = {
        "source": store.address.image(one.image),
        "target": store.address.image(int(target)) if target.isdecimal() else "",
        "requester": one.owner,
        "problem": "",
    }
    if not target.isdecimal() or int(target) == one.image:
        return told | {"problem": f"{TARGET_KEY!r} on Image:{one.image} is {target!r}"}
    for number in (one.image, int(target)):
        try:
            problem = store.connection.read(
                lambda session, number=number: _lacking(session, number, one.owner)  # type: ignore[misc]
            )
        except StoreError as exc:
            problem = str(exc)
        if problem:
            return told | {"problem": problem}
    return told


def _lacking(session: Session, number: int, requester: str) -> str:
    """Return which right the requester lacks, empty if none."""
    record: ImageRecord = image_record(session, number)
    if record.owner == requester:
        return ""
    members = session.project(_MEMBERS, id=record.group)
    if requester in members and record.members_may:
        return ""
    return f"{requester!r} may not annotate Image:{number} of {record.owner!r}"
