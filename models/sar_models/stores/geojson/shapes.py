"""GeoJSON geometries to shapely, strictly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import (
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)

from sar_models.domain.errors import AnnotationError
from sar_models.domain.transfer.repair import (
    crosses_itself_more_than,
    quiet,
    repaired_polygons,
    single_if_one,
    valid_polygons,
)
from sar_models.stores.geojson.notes import NoteBook

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.stores.geojson.limits import ReadLimits

GEOMETRY_TYPES = (
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)
_AREAL = ("Polygon", "MultiPolygon")
_REDRAW = "Redraw or delete the object, then export again."


@dataclass
class ShapeReader:
    """Builds geometries and counts their vertices against the limits.

    Parameters
    ----------
    limits : ReadLimits
    book : NoteBook
        Where repairs are written down.
    """

    limits: ReadLimits
    book: NoteBook = field(default_factory=NoteBook)
    vertices: int = 0

    @quiet
    def read(self, geometry: Any, where: str) -> BaseGeometry:
        """Return the shapely geometry of a GeoJSON one, valid and without needless nesting.

        Raises
        ------
        AnnotationError
            If it is no geometry, has NaN, infinite or absurd coordinates, an unclosed ring, or
            crosses itself beyond repair; ``where`` begins the message.
        """
        if not isinstance(geometry, dict):
            raise AnnotationError(
                f"{where} has no geometry: {geometry!r:.40}",
                remedy="Every object needs a Point, LineString or Polygon: delete it or redraw it.",
            )
        kind = geometry.get("type")
        if kind == "GeometryCollection":
            return self._collection(geometry.get("geometries"), where)
        if kind not in GEOMETRY_TYPES:
            raise AnnotationError(
                f"{where}: unknown geometry type {kind!r}",
                remedy=f"Known types are {', '.join(GEOMETRY_TYPES)}.",
            )
        coordinates = geometry.get("coordinates")
        if not isinstance(coordinates, list):
            raise AnnotationError(
                f"{where}: its {kind} has the coordinates {coordinates!r:.40}, expected a list",
                remedy=_REDRAW,
            )
        built = self._build(kind, coordinates, f"{where}: its {kind}")
        return self._repaired(built, where) if kind in _AREAL else single_if_one(built)

    def _build(self, kind: str, coordinates: list[Any], where: str) -> BaseGeometry:
        if kind == "Point":
            return Point(*self._positions([coordinates], where)) if coordinates else Point()
        if kind == "MultiPoint":
            return MultiPoint(self._positions(coordinates, where))
        if kind == "LineString":
            return self._line(coordinates, where)
        if kind == "MultiLineString":
            return MultiLineString([self._line(line, where) for line in coordinates])
        if kind == "Polygon":
            return self._polygon(coordinates, where)
        return MultiPolygon(
            [polygon for part in coordinates if (polygon := self._polygon(part, where))]
        )

    def _collection(self, members: Any, where: str) -> BaseGeometry:
        """Join members of one dimension; what QuPath would drop or refuse is refused in words."""
        if not isinstance(members, list) or not members:
            raise AnnotationError(f"{where}: its GeometryCollection is empty", remedy=_REDRAW)
        if any(isinstance(m, dict) and m.get("type") == "GeometryCollection" for m in members):
            raise AnnotationError(
                f"{where}: its GeometryCollection holds another one",
                remedy="Split it into one object for each geometry.",
            )
        built = [self.read(member, where) for member in members]
        dimensions = {int(shapely.get_dimensions(geometry)) for geometry in built}
        if len(dimensions) > 1:
            raise AnnotationError(
                f"{where}: its GeometryCollection mixes "
                f"{', '.join(sorted({geometry.geom_type for geometry in built}))}",
                remedy="Split it into one object for each geometry.",
            )
        self.book.add("collection", where, "its GeometryCollection was joined into one geometry")
        parts = [part for geometry in built for part in shapely.get_parts(geometry)]
        if dimensions == {0}:
            return single_if_one(MultiPoint(parts))
        if dimensions == {1}:
            return single_if_one(MultiLineString(parts))
        return valid_polygons(shapely.union_all(parts))

    def _line(self, positions: Any, where: str) -> LineString:
        points = self._positions(positions, where)
        if len(points) < 2:
            raise AnnotationError(f"{where} has {len(points)} vertices, expected 2", remedy=_REDRAW)
        return LineString(points)

    def _polygon(self, rings: Any, where: str) -> Polygon:
        if not isinstance(rings, list):
            raise AnnotationError(f"{where} has {rings!r:.40} for its rings", remedy=_REDRAW)
        if not rings or rings == [[]]:
            self.book.add("empty", where, "has no vertices")
            return Polygon()
        shell, *holes = [self._ring(ring, f"{where}, ring {i}") for i, ring in enumerate(rings)]
        return Polygon(shell, holes)

    def _ring(self, ring: Any, where: str) -> NDArray[np.float64]:
        points = self._positions(ring, where)
        if len(points) == 0 or not np.array_equal(points[0], points[-1]):
            ends = f"{points[0].tolist()} and {points[-1].tolist()}" if len(points) else "nothing"
            raise AnnotationError(
                f"{where} is not closed: its ends are {ends}",
                remedy="The last vertex has to repeat the first one; the file may be cut off.",
            )
        if len(points) < 4:
            raise AnnotationError(
                f"{where} has {len(points)} vertices, expected at least 4", remedy=_REDRAW
            )
        return points

    def _positions(self, positions: Any, where: str) -> NDArray[np.float64]:
        """Return positions as ``(N, 2)``, a third coordinate dropped as QuPath does."""
        array = _as_array(positions)
        if array is None:
            raise AnnotationError(
                f"{where} has a vertex that is no pair of numbers", remedy=_REDRAW
            )
        if array.shape[1] > 2:
            self.book.add("third-coordinate", where, "the third coordinate was dropped")
            array = array[:, :2]
        if not np.isfinite(array).all():
            bad = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
            raise AnnotationError(
                f"{where} has the vertex {array[bad].tolist()} (number {bad})",
                remedy="Coordinates have to be finite numbers, in level-0 pixels.",
            )
        if array.size and np.abs(array).max() > self.limits.max_coordinate_px:
            raise AnnotationError(
                f"{where} has the coordinate {np.abs(array).max():.6g} "
                f"(limit max_coordinate_px {self.limits.max_coordinate_px:g})",
                remedy="No slide is that large: coordinates have to be level-0 pixels.",
            )
        self.vertices += len(array)
        if self.vertices > self.limits.max_vertices:
            raise AnnotationError(
                f"{where}: there are more than {self.limits.max_vertices:,} vertices "
                "(limit max_vertices)",
                remedy="Split the file, or raise the limit if you trust it.",
            )
        return array

    def _repaired(self, geometry: BaseGeometry, where: str) -> BaseGeometry:
        reason = shapely.is_valid_reason(geometry)
        if reason == "Valid Geometry":
            return single_if_one(geometry)
        if crosses_itself_more_than(geometry, self.limits.max_crossings):
            raise AnnotationError(
                f"{where}: its outline crosses itself more than {self.limits.max_crossings:,} "
                "times (limit max_crossings)",
                remedy=_REDRAW,
            )
        repaired = repaired_polygons(geometry)
        if repaired.is_empty:
            self.book.add("no-area", where, "its outline encloses no area: kept as a line")
            return single_if_one(shapely.line_merge(shapely.make_valid(geometry)))
        what = reason.split("[")[0]
        self.book.add(
            "repaired", where, f"its outline was repaired ({what}); the enclosed area is kept"
        )
        return repaired


def _as_array(positions: Any) -> NDArray[np.float64] | None:
    """Return positions as ``(N, 2 or more)`` floats; ``None`` if they are not numbers."""
    if not isinstance(positions, list):
        return None
    if not positions:
        return np.zeros((0, 2))
    try:
        array = np.array(positions)
    except ValueError:  # ragged: some vertices have a third coordinate
        return _ragged(positions)
    if array.dtype.kind not in "iuf" or array.ndim != 2 or array.shape[1] < 2:
        return None
    return array.astype(np.float64)


def _ragged(positions: list[Any]) -> NDArray[np.float64] | None:
    if not all(isinstance(p, list) and len(p) >= 2 for p in positions):
        return None
    try:
        array = np.array([p[:2] for p in positions], dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return None
    return np.column_stack([array, np.zeros(len(array))])
