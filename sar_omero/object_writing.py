"""Our objects on an image: what differs is written, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.stores.changes import StableKey
from sar_models.stores.geojson import encode_geojson
from sar_models.stores.marker import SOURCE_KEY, is_published
from sar_omero import namespaces
from sar_omero.files import Attachment, attach, detach
from sar_omero.record_writing import file_path
from sar_omero.roi_codec import flattened
from sar_omero.rois import content_key, create_rois, delete_rois, update_roi

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sar_models.domain.annotations import Annotation
    from sar_omero.images import ImageRecord
    from sar_omero.options import OmeroOptions
    from sar_omero.roi_codec import RoiValues
    from sar_omero.session import Session
    from sar_omero.target_objects import TargetObjects

SET_NAME = "objects.geojson"


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is to stand on an image afterwards.

    Parameters
    ----------
    regions : dict
        Regions of interest by the id of their object.
    sets : dict
        GeoJSON by path, of the sources that have too many objects for regions.
    """

    regions: dict[str, RoiValues]
    sets: dict[str, bytes]


def wanted_objects(annotations: Iterable[Annotation], target: str, options: OmeroOptions) -> Wanted:
    """Return how our objects among ``annotations`` are to be kept.

    The objects of a source go up as regions, or, when they are more than viewers show, all of
    them as one file; never a part of them.
    """
    trees = list(annotations)
    by_source: dict[str, list[tuple[Annotation, RoiValues]]] = {}
    for annotation, roi in flattened(trees):
        if is_published(annotation) and roi.shapes:
            source = annotation.metadata[SOURCE_KEY]
            by_source.setdefault(source, []).append((annotation, roi))
    regions: dict[str, RoiValues] = {}
    sets: dict[str, bytes] = {}
    for source, objects in by_source.items():
        if len(objects) <= options.most_rois:
            regions |= {str(annotation.id): roi for annotation, roi in objects}
            continue
        tops = [one for one in _tops(trees) if one.metadata[SOURCE_KEY] == source]
        sets[set_path(source, target)] = encode_geojson(tops)
    return Wanted(regions, sets)


def set_path(source: str, target: str) -> str:
    """Return the stable path of the objects of a source that are kept in a file."""
    return file_path(StableKey(source, target), SET_NAME)


def write(
    session: Session, image: ImageRecord, present: TargetObjects, wanted: Wanted, page: int
) -> None:
    """Bring the server from what is there to what is wanted.

    What comes is written before what goes, so that no object is ever missing from both places.
    """
    group = image.group
    for path, data in sorted(wanted.sets.items()):
        attachment = Attachment(namespaces.OBJECTS, path, SET_NAME, "application/geo+json", data)
        attach(session, image.number, attachment, group)
    new: list[RoiValues] = []
    for name, roi in wanted.regions.items():
        old = present.rois.get(name)
        if old is None:
            new.append(roi)
        elif content_key(old) != content_key(roi) and old.owner == session.user:
            update_roi(session, old.number, roi, group)
    for start in range(0, len(new), page):
        create_rois(session, image.number, new[start : start + page], group)
    gone = [roi for name, roi in present.rois.items() if name not in wanted.regions]
    own = [roi.number for roi in (*gone, *present.losers) if roi.owner == session.user]
    if own:
        delete_rois(session, own, group)
    for path, (annotation, _) in sorted(present.sets.items()):
        if path not in wanted.sets and annotation.owner == session.user:
            detach(session, image.number, namespaces.OBJECTS, path, group)


def _tops(annotations: Iterable[Annotation]) -> Iterator[Annotation]:
    """Yield the outermost objects of ours, wherever they stand."""
    for annotation in annotations:
        if is_published(annotation):
            yield annotation
        else:
            yield from _tops(annotation.children)
