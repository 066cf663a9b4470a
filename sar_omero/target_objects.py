"""What stands on an image: objects of ours and of others, wherever they are kept."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sar_models.stores.geojson import parse_geojson
from sar_models.stores.marker import SOURCE_KEY, is_published, person_changed
from sar_omero import namespaces
from sar_omero.files import content, path_of, sha1_of
from sar_omero.linked import linked
from sar_omero.roi_codec import decode, tree
from sar_omero.rois import content_key, read_rois

if TYPE_CHECKING:
    from sar_models.domain.annotations import Annotation
    from sar_omero.connection import Connection
    from sar_omero.linked import Linked
    from sar_omero.roi_codec import Decoded, RoiValues
    from sar_omero.session import Session


@dataclass(eq=False)
class TargetObjects:
    """What was read of an image.

    Parameters
    ----------
    rois : dict
        Regions of ours by the id of their object.
    losers : list of RoiValues
        Regions that a second pusher made of the same objects.
    sets : dict
        Objects that are kept in an attached file, by its path.
    decoded : list of Decoded
        All objects in regions, other people's included.
    version : str
        Changes whenever anything of it does.
    """

    rois: dict[str, RoiValues] = field(default_factory=dict)
    losers: list[RoiValues] = field(default_factory=list)
    sets: dict[str, tuple[Linked, tuple[Annotation, ...]]] = field(default_factory=dict)
    decoded: list[Decoded] = field(default_factory=list)
    version: str = ""

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """All objects; one that stands in a region and in a file counts once."""
        found = tree(self.decoded)
        known = set(self.rois)
        kept = (one for _, objects in self.sets.values() for one in objects)
        return (*found, *(one for one in kept if str(one.id) not in known))

    @property
    def doubled(self) -> bool:
        """Whether objects stand in a region and in a file: a push was cut short between."""
        kept = (one for _, objects in self.sets.values() for one in objects)
        return any(str(part.id) in self.rois for one in kept for part in one.walk())

    def owners(self) -> dict[tuple[str, str], str]:
        """Return whose each object of ours is, by source slide and id."""
        found = {
            (one.annotation.metadata[SOURCE_KEY], str(one.annotation.id)): one.roi.owner
            for one in self.decoded
            if is_published(one.annotation) and SOURCE_KEY in one.annotation.metadata
        }
        for annotation, objects in self.sets.values():
            for one in objects:
                source = one.metadata.get(SOURCE_KEY, "")
                found.setdefault((source, str(one.id)), annotation.owner)
        return found


def read_objects(connection: Connection, image: int, server: str, page: int) -> TargetObjects:
    """Read all objects of an image.

    Parameters
    ----------
    connection : Connection
    image : int
    server : str
        Identity of the server.
    page : int
        Regions to read at a time.
    """
    found = TargetObjects()
    version = hashlib.sha256()
    for roi in read_rois(connection, image, page):
        version.update(repr((roi.number, content_key(roi))).encode())
        for one in decode(roi, server):
            _sort_in(found, one)
    for annotation, objects in connection.read(lambda session: _sets(session, image)):
        version.update(repr((annotation.number, sha1_of(annotation))).encode())
        found.sets[path_of(annotation)] = (annotation, objects)
    found.version = version.hexdigest()
    return found


def _sort_in(found: TargetObjects, one: Decoded) -> None:
    annotation = one.annotation
    name = str(annotation.id)
    if not is_published(annotation):
        found.decoded.append(one)
    elif name not in found.rois:
        found.rois[name] = one.roi
        found.decoded.append(one)
    elif person_changed(annotation):
        # A copy that a person made and changed is theirs.
        own = uuid.uuid5(annotation.id, f"roi {one.roi.number}")
        found.decoded.append(replace(one, annotation=replace(annotation, id=own)))
    else:
        found.losers.append(one.roi)


def _sets(session: Session, image: int) -> list[tuple[Linked, tuple[Annotation, ...]]]:
    attached = linked(session, [image], [namespaces.OBJECTS])
    files = [one for one in attached if one.kind == "FileAnnotation" and one.file is not None]
    return [(one, parse_geojson(content(session, one)).annotations) for one in files]
