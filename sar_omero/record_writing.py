"""The record of a pair on the server: attached files, then a summary on both images.

The summary on the target comes last: as long as it does not tell of an alignment, the alignment
is not there, and the next push writes what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.stores.alignment_folder import ARRAYS_NAME, RECORD_NAME, alignment_files
from sar_omero import _omero, namespaces
from sar_omero.files import Attachment, attach, detach, path_of, sha1_of
from sar_omero.linked import add, change, linked, map_annotation, remove, settled
from sar_omero.summary import key_of, summary_pairs, told_files, version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.stores.changes import StableKey
    from sar_models.stores.target import RecordVersion
    from sar_omero.images import ImageRecord
    from sar_omero.linked import Linked
    from sar_omero.session import Session
    from sar_omero.summary import Pairs

REPORT_NAME = "report.html"
_MIMETYPES = {
    RECORD_NAME: "application/json",
    ARRAYS_NAME: "application/octet-stream",
    REPORT_NAME: "text/html",
}


@dataclass(frozen=True)
class Sides:
    """A pair on the server.

    Parameters
    ----------
    key : StableKey
    target : ImageRecord
    source : ImageRecord or None
        ``None`` for a slide that is not on this server.
    """

    key: StableKey
    target: ImageRecord
    source: ImageRecord | None


def file_path(key: StableKey, name: str) -> str:
    """Return the stable path of a file of a pair."""
    return "/".join(("sar-align", *str(key).split(" | ")[1:3], name))


def standing(
    session: Session, target: int, source: int | None, key: StableKey
) -> RecordVersion | None:
    """Return which alignment of a pair stands on its images, ``None`` if it is not whole."""
    images = [target] if source is None else [target, source]
    found = linked(session, images, [namespaces.ALIGNMENT, namespaces.FILE])
    by_image = {one.image: one.pairs for one in reversed(found) if key_of(one.pairs) == str(key)}
    if set(by_image) != set(images):
        return None
    versions = {version_of(pairs) for pairs in by_image.values()}
    files = {
        path_of(one): sha1_of(one) for one in found if one.namespace == namespaces.FILE and one.file
    }
    told = told_files(by_image[target])
    whole = all(files.get(file_path(key, name)) == sha1 for name, sha1 in told.items())
    return versions.pop() if len(versions) == 1 and whole and told else None


def save(
    session: Session,
    sides: Sides,
    alignment: Alignment,
    files: Mapping[str, bytes],
    status: str,
) -> None:
    """Write the record of a pair; what is there already is not written again."""
    group, image = sides.target.group, sides.target.number
    contents = dict(alignment_files(alignment))
    if REPORT_NAME in files:
        contents[REPORT_NAME] = files[REPORT_NAME]
    attachments = [
        Attachment(
            namespaces.FILE, file_path(sides.key, name), name, _MIMETYPES[name], contents[name]
        )
        for name in sorted(contents)
    ]
    for attachment in attachments:
        attach(session, image, attachment, group)
    sums = {attachment.name: attachment.sha1 for attachment in attachments}
    pairs = summary_pairs(sides.key, alignment, status, sums)
    if sides.source is not None:
        _summarise(session, sides.source, sides.key, pairs)
    _summarise(session, sides.target, sides.key, pairs)


def remove_record(session: Session, sides: Sides) -> None:
    """Remove the record of a pair; the summary goes first, so that no half one is believed."""
    group, image = sides.target.group, sides.target.number
    for side in (sides.target, sides.source):
        if side is not None:
            own = [one for one in _summaries(session, side, sides.key) if one.owner == session.user]
            remove(session, own, side.group)
    for name in _MIMETYPES:
        detach(session, image, namespaces.FILE, file_path(sides.key, name), group)


def _summaries(session: Session, image: ImageRecord, key: StableKey) -> list[Linked]:
    found = linked(session, [image.number], [namespaces.ALIGNMENT])
    return [one for one in found if key_of(one.pairs) == str(key)]


def _summarise(session: Session, image: ImageRecord, key: StableKey, pairs: Pairs) -> None:
    present = settled(session, _summaries(session, image, key), image.group)
    if present is None:
        add(session, image.number, map_annotation(namespaces.ALIGNMENT, pairs), image.group)
        settled(session, _summaries(session, image, key), image.group)
    elif tuple(present.pairs) != pairs:
        values = _omero.named_values(pairs)
        change(session, present, lambda value: value.setMapValue(values), image.group)
