"""Files attached to images, found again by a stable path; never two, never a half one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import StoreError
from sar_omero import _omero
from sar_omero.deleting import delete
from sar_omero.linked import add, change, linked, remove, settled
from sar_omero.session import group_context

if TYPE_CHECKING:
    from sar_omero.linked import Linked
    from sar_omero.session import Session

_BY_PATH = (
    "select f from OriginalFile f join fetch f.details.owner where f.path = :path order by f.id"
)
_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class Attachment:
    """A file to hang on an image.

    Parameters
    ----------
    namespace : str
    path : str
        Its stable key: a file on the server has no namespace.
    name : str
        For people.
    mimetype : str
    data : bytes
    """

    namespace: str
    path: str
    name: str
    mimetype: str
    data: bytes

    @property
    def sha1(self) -> str:
        """Checksum, as the server keeps it."""
        return hashlib.sha1(self.data, usedforsecurity=False).hexdigest()


def attached(session: Session, image: int, namespace: str, path: str) -> list[Linked]:
    """Return the annotations of an image whose file has a path."""
    found = linked(session, [image], [namespace])
    return [one for one in found if one.kind == "FileAnnotation" and path_of(one) == path]


def path_of(annotation: Linked) -> str:
    """Return the path of a file annotation's file."""
    file = annotation.file
    return "" if file is None else str(_omero.unwrap(file.getPath()) or "")


def sha1_of(annotation: Linked) -> str:
    """Return the checksum of a file annotation's file."""
    return str(_omero.unwrap(annotation.file.getHash()) or "")


def attach(session: Session, image: int, attachment: Attachment, group: int) -> None:
    """Bring a file to an image in place of an earlier one; the same file twice writes nothing.

    The annotation turns to the new file only when that is whole, and keeps its id.
    """
    present = settled(
        session, attached(session, image, attachment.namespace, attachment.path), group
    )
    used = None if present is None else _number(present.file)
    _sweep(session, attachment.path, group, keep=used)
    if present is not None and sha1_of(present) == attachment.sha1:
        return
    new = _upload(session, attachment, group)
    if present is None:
        annotation = _omero.model.FileAnnotationI()
        annotation.setNs(_omero.rstring(attachment.namespace))
        annotation.setFile(_omero.model.OriginalFileI(new, False))
        add(session, image, annotation, group)
    else:
        file = _omero.model.OriginalFileI(new, False)
        change(session, present, lambda value: value.setFile(file), group)
    # Somebody else may have done the same meanwhile.
    standing = attached(session, image, attachment.namespace, attachment.path)
    counts = settled(session, standing, group)
    _sweep(session, attachment.path, group, keep=None if counts is None else _number(counts.file))


def detach(session: Session, image: int, namespace: str, path: str, group: int) -> None:
    """Take a file away from an image, and all that was left of earlier ones."""
    own = [one for one in attached(session, image, namespace, path) if one.owner == session.user]
    remove(session, own, group)
    _sweep(session, path, group, keep=None)


def content(session: Session, annotation: Linked) -> bytes:
    """Return the bytes of a file annotation's file.

    Raises
    ------
    StoreError
        If it is not as long as the server says.
    """
    file = annotation.file
    size = int(_omero.unwrap(file.getSize()) or 0)
    store = session.services.createRawFileStore()
    try:
        store.setFileId(_number(file), {"omero.group": "-1"})
        blocks = [
            bytes(store.read(start, min(_BLOCK_BYTES, size - start)))
            for start in range(0, size, _BLOCK_BYTES)
        ]
    finally:
        store.close()
    data = b"".join(blocks)
    if len(data) != size:
        raise StoreError(f"The server sent {len(data)} of {size} bytes of a file")
    return data


def _upload(session: Session, attachment: Attachment, group: int) -> int:
    file = _omero.model.OriginalFileI()
    file.setName(_omero.rstring(attachment.name))
    file.setPath(_omero.rstring(attachment.path))
    file.setMimetype(_omero.rstring(attachment.mimetype))
    file.setSize(_omero.rlong(len(attachment.data)))
    file.setHash(_omero.rstring(attachment.sha1))
    file.setHasher(_omero.sha1_algorithm())
    number = int(session.save(file, group).getId().getValue())
    store = session.services.createRawFileStore()
    try:
        store.setFileId(number, group_context(group))
        for start in range(0, len(attachment.data), _BLOCK_BYTES):
            block = attachment.data[start : start + _BLOCK_BYTES]
            store.write(block, start, len(block), group_context(group))
        store.save(group_context(group))
    finally:
        store.close()
    return number


def _sweep(session: Session, path: str, group: int, *, keep: int | None) -> None:
    """Delete files of the user under a path that no annotation needs: what a crash left."""
    rest = [
        _number(file)
        for file in session.find(_BY_PATH, path=path)
        if _number(file) != keep
        and str(_omero.unwrap(file.getDetails().getOwner().getOmeName())) == session.user
    ]
    if rest:
        delete(session, "OriginalFile", rest, group)


def _number(value: Any) -> int:
    return int(value.getId().getValue())
