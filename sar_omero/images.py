"""Images of a server as slides: where they are, how large, how fine, and who may annotate them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import SlideError, StoreError
from sar_models.domain.geometry import Size
from sar_models.domain.provenance import sha256_of
from sar_models.domain.slides import SlideInfo
from sar_models.stores.readers.resolution import plausible_mpp
from sar_omero import _omero

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_models.domain.geometry import Mpp
    from sar_omero.address import Address
    from sar_omero.session import Session

READER = "omero"
_AT_ONCE = 200
_NO_SLIDE = re.compile(r"\b(label|macro|thumbnail|overview)( image)?\]?\s*$", re.IGNORECASE)

_IMAGES = (
    "select i from Image i join fetch i.pixels p join fetch p.pixelsType "
    "join fetch i.details.owner where i.id in (:ids) order by i.id"
)
_OF_DATASET = (
    "select l.child.id from DatasetImageLink l where l.parent.id = :id order by l.child.id"
)
_OF_PROJECT = (
    "select l.child.id from ProjectDatasetLink l where l.parent.id = :id order by l.child.id"
)
_CONTAINERS = {
    "dataset": "select d from Dataset d join fetch d.details.owner where d.id = :id",
    "project": "select d from Project d join fetch d.details.owner where d.id = :id",
}


@dataclass(frozen=True)
class ImageRecord:
    """What the server tells of an image without its pixels.

    Parameters
    ----------
    number, pixels : int
        Ids of the image and of its pixels.
    name : str
    size : Size
    channels : int
    pixel_type : str
    mpp : Mpp or None
    group : int
    owner : str
    may_annotate : bool
        Whether the one who asks may.
    members_may : bool
        Whether all members of its group may.
    """

    number: int
    pixels: int
    name: str
    size: Size
    channels: int
    pixel_type: str
    mpp: Mpp | None
    group: int
    owner: str
    may_annotate: bool
    members_may: bool = False

    @property
    def is_slide(self) -> bool:
        """Whether it is a slide: not the label or overview that scanners store beside it."""
        return _NO_SLIDE.search(self.name) is None


def image_numbers(session: Session, address: Address) -> list[int]:
    """Return the ids of the images of a project or dataset, or of the one image.

    Raises
    ------
    StoreError
        If the address names a whole server, or an object that cannot be seen.
    """
    if address.kind == "image":
        return [address.number]
    if address.kind is None:
        raise StoreError(
            f"{address.server} is a whole server",
            remedy="Add /dataset/ID, /project/ID or /image/ID.",
        )
    if not session.find(_CONTAINERS[address.kind], id=address.number):
        raise _unseen(address.kind.capitalize(), address.number, session)
    datasets = [address.number]
    if address.kind == "project":
        datasets = session.project(_OF_PROJECT, id=address.number)
    found = [int(number) for one in datasets for number in session.project(_OF_DATASET, id=one)]
    return list(dict.fromkeys(found))


def image_records(session: Session, numbers: Iterable[int]) -> list[ImageRecord]:
    """Return what is known of images, by id; those that are gone are left out."""
    wanted = sorted(set(numbers))
    found: list[ImageRecord] = []
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found += _with_permissions(session, session.find(_IMAGES, ids=some))
    return found


def image_record(session: Session, number: int) -> ImageRecord:
    """Return what is known of one image.

    Raises
    ------
    StoreError
        If it cannot be seen.
    """
    found = image_records(session, [number])
    if not found:
        raise _unseen("Image", number, session)
    return found[0]


def slide_info(
    record: ImageRecord, levels: tuple[Size, ...], address: Address, server: str
) -> SlideInfo:
    """Return an image as a slide.

    Parameters
    ----------
    record : ImageRecord
    levels : tuple of Size
        Level 0 first.
    address : Address
        Under which the server was reached.
    server : str
        Its identity, whatever name it was reached by.

    Raises
    ------
    SlideError
        If its pixels are none of a brightfield slide.
    """
    if record.pixel_type not in ("uint8", "uint16") or record.channels not in (1, 3, 4):
        raise SlideError(
            f"Image {record.number} ({record.name!r}) has {record.channels} channels of "
            f"{record.pixel_type}",
            remedy="Slides are brightfield RGB or grey, 8 or 16 bit.",
        )
    # Pixels of a server never change: their id says which they are.
    identity = {"server": server, "pixels": record.pixels, "size": str(record.size)}
    return SlideInfo(
        uri=address.image(record.number),
        name=record.name,
        size=record.size,
        levels=levels,
        mpp=record.mpp,
        reader=READER,
        checksum=f"sha256:{sha256_of(identity)}",
    )


def _with_permissions(session: Session, images: list[Any]) -> list[ImageRecord]:
    """Return records of images; each group is asked on its own what is allowed in it."""
    by_group: dict[int, list[int]] = {}
    for image in images:
        by_group.setdefault(_group(image), []).append(int(image.getId().getValue()))
    records = [
        _record(image)
        for group, numbers in by_group.items()
        for image in session.find(_IMAGES, group, ids=numbers)
    ]
    return sorted(records, key=lambda record: record.number)


def _group(image: Any) -> int:
    return int(image.getDetails().getGroup().getId().getValue())


def _record(image: Any) -> ImageRecord:
    pixels = image.getPrimaryPixels()
    details = image.getDetails()
    size = Size(int(_omero.unwrap(pixels.getSizeX())), int(_omero.unwrap(pixels.getSizeY())))
    spacing = [
        _omero.micrometres(pixels.getPhysicalSizeX()),
        _omero.micrometres(pixels.getPhysicalSizeY()),
    ]
    return ImageRecord(
        number=int(image.getId().getValue()),
        pixels=int(pixels.getId().getValue()),
        name=str(_omero.unwrap(image.getName()) or ""),
        size=size,
        channels=int(_omero.unwrap(pixels.getSizeC())),
        pixel_type=_omero.enum_of(pixels.getPixelsType()),
        mpp=None if None in spacing else plausible_mpp(*spacing),
        group=_group(image),
        owner=str(_omero.unwrap(details.getOwner().getOmeName())),
        may_annotate=_omero.may_annotate(details),
        members_may=_omero.members_may_annotate(details),
    )


def _unseen(kind: str, number: int, session: Session) -> StoreError:
    return StoreError(
        f"There is no {kind}:{number}, or {session.user!r} must not see it",
        remedy="Check the id, and that you are a member of its group.",
    )
