"""The journal of an image on the server: one annotation for each user who pushes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.stores.target import Journal
from sar_omero import _omero, namespaces
from sar_omero.journal_text import journal_to_text
from sar_omero.linked import add, change, linked, remove, settled, xml_annotation

if TYPE_CHECKING:
    from sar_omero.images import ImageRecord
    from sar_omero.session import Session


def save(session: Session, image: ImageRecord, journal: Journal) -> None:
    """Write the user's journal of an image; one that tells nothing goes."""
    text, group = journal_to_text(journal), image.group
    found = linked(session, [image.number], [namespaces.JOURNAL])
    own = [one for one in found if one.owner == session.user]
    if journal == Journal():
        remove(session, own, group)
        return
    present = settled(session, own, group)
    if present is None:
        add(session, image.number, xml_annotation(namespaces.JOURNAL, text), group)
    elif present.text != text:
        value = _omero.rstring(text)
        change(session, present, lambda annotation: annotation.setTextValue(value), group)
