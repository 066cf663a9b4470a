"""Annotations on images: found by namespace, added, changed, taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_omero import _omero
from sar_omero.deleting import delete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sar_omero.session import Session

_ALL = (
    "select l from ImageAnnotationLink l join fetch l.details.owner join fetch l.child a "
    "join fetch a.details.owner left outer join fetch a.file where l.parent.id in (:ids)"
)
_LINKS = f"{_ALL} order by l.id"
_OF_NAMESPACE = f"{_ALL} and a.ns in (:ns) order by l.id"
_AT_ONCE = 200


@dataclass(frozen=True, eq=False)
class Linked:
    """An annotation on an image.

    Parameters
    ----------
    image, link, number : int
        Ids of the image, the link and the annotation.
    kind : str
        Its class.
    namespace : str
    owner : str
        Login name of who made it.
    value : omero.model.Annotation
    """

    image: int
    link: int
    number: int
    kind: str
    namespace: str
    owner: str
    value: Any

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Key-value pairs, none if it is of another kind."""
        return _omero.map_pairs(self.value) or []

    @property
    def text(self) -> str:
        """The text of a tag, comment or XML annotation."""
        return str(_omero.unwrap(self.value.getTextValue()) or "")

    @property
    def file(self) -> Any:
        """The file of a file annotation."""
        return self.value.getFile()


def linked(session: Session, images: Iterable[int], namespaces: Sequence[str] = ()) -> list[Linked]:
    """Return the annotations of images, those of some namespaces or all, the oldest link first."""
    wanted = sorted(set(images))
    found: list[Any] = []
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        if namespaces:
            found += session.find(_OF_NAMESPACE, ids=some, ns=list(namespaces))
        else:
            found += session.find(_LINKS, ids=some)
    return [_linked(link) for link in found]


def add(session: Session, image: int, annotation: Any, group: int) -> int:
    """Put a new annotation on an image, both in one transaction; return the annotation's id."""
    link = _omero.model.ImageAnnotationLinkI()
    link.setParent(_omero.model.ImageI(image, False))
    link.setChild(annotation)
    return int(session.save(link, group).getChild().getId().getValue())


def change(session: Session, annotation: Linked, edit: Callable[[Any], None], group: int) -> None:
    """Change an annotation in place; its id stays."""
    edit(annotation.value)
    session.save(annotation.value, group)


def remove(session: Session, annotations: Iterable[Linked], group: int) -> None:
    """Delete annotations with their links."""
    by_kind: dict[str, list[int]] = {}
    for one in annotations:
        by_kind.setdefault(one.kind, []).append(one.number)
    for kind, numbers in sorted(by_kind.items()):
        delete(session, kind, numbers, group)


def settled(session: Session, found: Sequence[Linked], group: int) -> Linked | None:
    """Return the one of several equal annotations that counts, and delete others of the user's.

    Two that wrote at the same time both find both: the lowest id wins for each of them.
    """
    if not found:
        return None
    first = min(found, key=lambda one: one.number)
    losers = [one for one in found if one.number != first.number and one.owner == session.user]
    if losers:
        remove(session, losers, group)
    return first


def map_annotation(namespace: str, pairs: Iterable[tuple[str, str]]) -> Any:
    """Return new key-value pairs."""
    annotation = _omero.model.MapAnnotationI()
    annotation.setNs(_omero.rstring(namespace))
    annotation.setMapValue(_omero.named_values(pairs))
    return annotation


def xml_annotation(namespace: str, text: str) -> Any:
    """Return a new annotation that holds text which is none for people."""
    annotation = _omero.model.XmlAnnotationI()
    annotation.setNs(_omero.rstring(namespace))
    annotation.setTextValue(_omero.rstring(text))
    return annotation


def _linked(link: Any) -> Linked:
    annotation = link.getChild()
    return Linked(
        image=int(link.getParent().getId().getValue()),
        link=int(link.getId().getValue()),
        number=int(annotation.getId().getValue()),
        kind=type(annotation).__name__.removesuffix("I"),
        namespace=str(_omero.unwrap(annotation.getNs()) or ""),
        owner=str(_omero.unwrap(annotation.getDetails().getOwner().getOmeName())),
        value=annotation,
    )
