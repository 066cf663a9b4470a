"""Regions of interest on the server: read in pages, written some hundred at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import AnnotationError
from sar_omero import _omero
from sar_omero.deleting import delete
from sar_omero.roi_codec import RoiValues
from sar_omero.shapes import IDENTITY, ShapeValues, points_of, points_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sar_omero.connection import Connection
    from sar_omero.session import Session
    from sar_omero.shapes import ShapeKind, Transform

_IDS = "select r.id from Roi r where r.image.id = :id order by r.id"
_ROIS = (
    "select distinct r from Roi r join fetch r.details.owner left outer join fetch r.shapes s "
    "left outer join fetch s.transform where r.id in (:ids) order by r.id"
)
_POLYLINES = ("Polygon", "Polyline")


def read_rois(connection: Connection, image: int, page: int) -> Iterator[RoiValues]:
    """Yield the regions of an image by their ids, a page at a time.

    The ids come first: pages of a query that fetches shapes would be cut in the server's memory.
    """
    numbers = connection.read(lambda session: session.project(_IDS, id=image))
    for start in range(0, len(numbers), page):
        some = [int(number) for number in numbers[start : start + page]]
        found = connection.read(lambda session, some=some: session.find(_ROIS, ids=some))  # type: ignore[misc]
        for roi in found:
            yield _values(roi)


def create_rois(
    session: Session, image: int, regions: Sequence[RoiValues], group: int
) -> list[int]:
    """Create regions in one transaction; return their ids."""
    saved = session.save_all([_new(image, region) for region in regions], group)
    return [int(roi.getId().getValue()) for roi in saved]


def update_roi(session: Session, number: int, region: RoiValues, group: int) -> None:
    """Give a region another content; its id stays."""
    (roi,) = session.find(_ROIS, ids=[number])
    roi.clearShapes()
    _fill(roi, region)
    session.save(roi, group)


def delete_rois(session: Session, numbers: Sequence[int], group: int) -> None:
    """Delete regions with their shapes."""
    delete(session, "Roi", numbers, group)


def content_key(region: RoiValues) -> tuple[object, ...]:
    """Return what has to be equal for a region not to be written again."""
    shapes = sorted(
        (shape.kind, points_text(shape.points), shape.text, shape.locked, shape.stroke)
        for shape in region.shapes
    )
    return region.name, region.description, tuple(shapes)


def _new(image: int, region: RoiValues) -> Any:
    roi = _omero.model.RoiI()
    # Unloaded: the image itself does not travel.
    roi.setImage(_omero.model.ImageI(image, False))
    _fill(roi, region)
    return roi


def _fill(roi: Any, region: RoiValues) -> None:
    roi.setName(_omero.rstring(region.name))
    roi.setDescription(_omero.rstring(region.description))
    for shape in region.shapes:
        roi.addShape(_new_shape(shape))


def _new_shape(values: ShapeValues) -> Any:
    shape = getattr(_omero.model, f"{values.kind}I")()
    if values.kind in _POLYLINES:
        shape.setPoints(_omero.rstring(points_text(values.points)))
    else:
        (x, y), *_ = values.points
        shape.setX(_omero.rdouble(x))
        shape.setY(_omero.rdouble(y))
    shape.setTextValue(_omero.rstring(values.text))
    shape.setLocked(_omero.rbool(values.locked))
    if values.stroke is not None:
        shape.setStrokeColor(_omero.rint(values.stroke))
    if values.fill is not None:
        shape.setFillColor(_omero.rint(values.fill))
    c, z, t = values.plane
    for setter, value in ((shape.setTheC, c), (shape.setTheZ, z), (shape.setTheT, t)):
        if value is not None:
            setter(_omero.rint(value))
    return shape


def _values(roi: Any) -> RoiValues:
    details = roi.getDetails()
    shapes = [found for shape in roi.copyShapes() if (found := _shape(shape)) is not None]
    return RoiValues(
        name=str(_omero.unwrap(roi.getName()) or ""),
        description=str(_omero.unwrap(roi.getDescription()) or ""),
        shapes=tuple(sorted(shapes, key=lambda shape: shape.number)),
        number=int(roi.getId().getValue()),
        owner=str(_omero.unwrap(details.getOwner().getOmeName())),
    )


def _shape(shape: Any) -> ShapeValues | None:
    """Return a shape's values, ``None`` for one that is no outline."""
    kind: ShapeKind = type(shape).__name__.removesuffix("I")  # type: ignore[assignment]
    try:
        points, extent, mask = _outline(kind, shape)
    except (AnnotationError, AttributeError, TypeError):
        return None
    return ShapeValues(
        kind=kind,
        points=points,
        extent=extent,
        transform=_transform(shape.getTransform()),
        mask=mask,
        text=str(_omero.unwrap(shape.getTextValue()) or ""),
        stroke=_omero.unwrap(shape.getStrokeColor()),
        fill=_omero.unwrap(shape.getFillColor()),
        locked=bool(_omero.unwrap(shape.getLocked())),
        plane=(
            _omero.unwrap(shape.getTheC()),
            _omero.unwrap(shape.getTheZ()),
            _omero.unwrap(shape.getTheT()),
        ),
        number=int(shape.getId().getValue()),
    )


def _outline(
    kind: str, shape: Any
) -> tuple[tuple[tuple[float, float], ...], tuple[float, float], bytes]:
    if kind in _POLYLINES:
        return points_of(_omero.unwrap(shape.getPoints()) or ""), (0.0, 0.0), b""
    if kind == "Line":
        ends = [shape.getX1(), shape.getY1(), shape.getX2(), shape.getY2()]
        x1, y1, x2, y2 = (float(_omero.unwrap(end)) for end in ends)
        return ((x1, y1), (x2, y2)), (0.0, 0.0), b""
    corner = (float(_omero.unwrap(shape.getX())), float(_omero.unwrap(shape.getY())))
    if kind == "Ellipse":
        radii = (float(_omero.unwrap(shape.getRadiusX())), float(_omero.unwrap(shape.getRadiusY())))
        return (corner,), radii, b""
    if kind in ("Rectangle", "Mask"):
        size = (float(_omero.unwrap(shape.getWidth())), float(_omero.unwrap(shape.getHeight())))
        return (corner,), size, bytes(shape.getBytes()) if kind == "Mask" else b""
    return (corner,), (0.0, 0.0), b""


def _transform(transform: Any) -> Transform:
    if transform is None:
        return IDENTITY
    names = ("A00", "A10", "A01", "A11", "A02", "A12")
    a00, a10, a01, a11, a02, a12 = (
        float(_omero.unwrap(getattr(transform, f"get{name}")())) for name in names
    )
    return a00, a10, a01, a11, a02, a12
