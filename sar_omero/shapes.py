"""OMERO's shapes as plain values, and as geometry in level-0 pixels; no omero-py in here."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from shapely.affinity import affine_transform, scale, translate
from shapely.geometry import LineString, Point, Polygon

from sar_models.domain.errors import AnnotationError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

ShapeKind = Literal["Polygon", "Rectangle", "Ellipse", "Point", "Line", "Polyline", "Mask", "Label"]
Transform = tuple[float, float, float, float, float, float]
IDENTITY: Transform = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_MOST_MASK_PIXELS = 2**28
_QUARTER_SEGMENTS = 32
_SEPARATORS = re.compile(r"[\s,]+")


@dataclass(frozen=True)
class ShapeValues:
    """One shape of a region of interest.

    Parameters
    ----------
    kind : str
        Its class.
    points : tuple of (float, float)
        Vertices; the corner or centre of a shape that has none.
    extent : (float, float)
        Width and height, or the radii of an ellipse.
    transform : (a00, a10, a01, a11, a02, a12)
        As the server keeps it: ``x' = a00 x + a01 y + a02``.
    mask : bytes
        Bits of a mask, row by row, the highest bit first.
    text : str
        What people see on it.
    stroke, fill : int or None
        RGBA packed in a signed integer.
    locked : bool
    plane : (c, z, t)
        ``None`` for all.
    number : int
        The server's id, 0 for a shape that it does not have yet.
    """

    kind: ShapeKind
    points: tuple[tuple[float, float], ...]
    extent: tuple[float, float] = (0.0, 0.0)
    transform: Transform = IDENTITY
    mask: bytes = b""
    text: str = ""
    stroke: int | None = None
    fill: int | None = None
    locked: bool = False
    plane: tuple[int | None, int | None, int | None] = (None, None, None)
    number: int = 0


def points_text(points: tuple[tuple[float, float], ...]) -> str:
    """Return vertices as the server keeps them: plain numbers that every client can read."""
    return " ".join(f"{x:.3f},{y:.3f}" for x, y in points)


def points_of(text: str) -> tuple[tuple[float, float], ...]:
    """Return the vertices that a text tells, signs and exponents included.

    Raises
    ------
    AnnotationError
        If it tells none.
    """
    try:
        numbers = [float(word) for word in _SEPARATORS.split(text.strip()) if word]
    except ValueError as exc:
        raise AnnotationError(f"{text[:60]!r} are no points of a shape") from exc
    if len(numbers) % 2 or not all(map(math.isfinite, numbers)):
        raise AnnotationError(f"{text[:60]!r} are no points of a shape")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def geometry_of(shape: ShapeValues) -> BaseGeometry:
    """Return a shape in level-0 pixels, its transform baked in.

    Raises
    ------
    AnnotationError
        If its values make no shape.
    """
    if not shape.points:
        raise AnnotationError(f"The {shape.kind.lower()} {shape.number} has no points")
    if shape.kind in ("Polygon", "Polyline") and len(shape.points) < _LEAST[shape.kind]:
        raise AnnotationError(f"The {shape.kind.lower()} {shape.number} has too few points")
    plain = _plain_geometry(shape)
    if shape.transform == IDENTITY:
        return plain
    a00, a10, a01, a11, a02, a12 = shape.transform
    return affine_transform(plain, (a00, a01, a10, a11, a02, a12))


_LEAST = {"Polygon": 3, "Polyline": 2}


def _plain_geometry(shape: ShapeValues) -> BaseGeometry:
    (x, y), (width, height) = shape.points[0], shape.extent
    if shape.kind == "Polygon":
        outline = Polygon(shape.points)
        return outline if outline.is_valid else shapely.make_valid(outline)
    if shape.kind in ("Polyline", "Line"):
        return LineString(shape.points)
    if shape.kind == "Rectangle":
        return shapely.box(x, y, x + width, y + height)
    if shape.kind == "Ellipse":
        circle = Point(0, 0).buffer(1.0, quad_segs=_QUARTER_SEGMENTS)
        return translate(scale(circle, width, height, origin=(0, 0)), x, y)
    if shape.kind == "Mask":
        return _mask_geometry(shape)
    return Point(x, y)


def _mask_geometry(shape: ShapeValues) -> BaseGeometry:
    """Return the outline of a mask's pixels, exactly: a box for every run of a row, united."""
    (x, y), (width, height) = shape.points[0], shape.extent
    columns, rows = round(width), round(height)
    needed = columns * rows
    if needed <= 0 or needed > _MOST_MASK_PIXELS or len(shape.mask) * 8 < needed:
        raise AnnotationError(f"The mask {shape.number} does not hold {columns} x {rows} bits")
    bits = np.unpackbits(np.frombuffer(shape.mask, np.uint8), count=needed).reshape(rows, columns)
    edges = np.diff(np.pad(bits, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    begin_row, begin = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    boxes = shapely.box(x + begin, y + begin_row, x + end, y + begin_row + 1)
    return shapely.simplify(shapely.union_all(boxes), 0)
