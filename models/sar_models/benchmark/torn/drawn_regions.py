"""Regions of many sizes on the source of a torn pair, and where they truly lie on the target."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import shapely

from sar_models.benchmark.torn.cells import cut, mapped
from sar_models.benchmark.torn.thumbnail import Thumbnail
from sar_models.domain.annotations import Annotation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Outline
    from sar_models.synthesis import TornPair

SHOWN_SHARE = 0.05
"""A region of which the target shows less has no counterpart."""
_SIZES_PX = (30.0, 300.0)
"""Diameters, pixels of the thumbnail; each scale is as likely."""
_LEAST_AREA_PX2 = 300.0
_VERTICES = 48
_WAVES = 4
_ROUGH = 0.18
_ON_OTHERS = 0.25
"""Share of the regions that lie on tissue that the target does not show, where there is such."""
_TRIES = 20
_SEED = 4 * 10**9


@dataclass(frozen=True, eq=False)
class DrawnRegion:
    """A region as a pathologist might draw it.

    Parameters
    ----------
    annotation : Annotation
        On the source.
    true : Polygon or MultiPolygon
        What the target shows of it, level-0 pixels; empty on tissue that it has lost.
    area_px2 : float
        On the source, pixels of the thumbnail squared.
    foreign : bool
        Whether it lies on control tissue.
    shown : bool
        Whether the target shows it, or part of it.
    """

    annotation: Annotation
    true: BaseGeometry
    area_px2: float
    foreign: bool
    shown: bool


def draw_regions(pair: TornPair, count: int) -> list[DrawnRegion]:
    """Draw regions on a pair: smooth outlines within tissue, anywhere on it, across tears too.

    A pair and a number give the same regions whenever they are drawn.
    """
    rng = np.random.default_rng((_SEED, pair.seed))
    scale = Thumbnail.of(pair).source_px
    own = [each.source for each in pair.pieces if each.source is not None]
    tissue = _valid(shapely.union_all(own))
    # Tissue that the target shows no part of: lost pieces, and what is foreign.
    lost = [each.source for each in pair.pieces if each.source is not None and each.target is None]
    others = [*lost, *pair.foreign_source]
    drawn: list[DrawnRegion] = []
    while len(drawn) < count:
        on_others = bool(others) and rng.random() < _ON_OTHERS
        room: Outline = tissue
        if on_others:
            room = _valid(others[rng.integers(len(others))])
        shape = _region(rng, room, scale)
        foreign = on_others and any(room.intersects(each) for each in pair.foreign_source)
        number = uuid.UUID(int=len(drawn) + 1)
        drawn.append(_known(pair, Annotation(id=number, geometry=shape), scale, foreign=foreign))
    return drawn


def _known(pair: TornPair, annotation: Annotation, scale: float, *, foreign: bool) -> DrawnRegion:
    shape = annotation.geometry
    whole, parts = 0.0, []
    for piece in pair.pieces:
        if piece.source is None or piece.target is None or piece.target_from_source is None:
            continue
        own = cut(np.array([shape], dtype=object), piece.source)
        if foreign or own[0].area == 0:
            continue
        bent = mapped(own, piece.target_from_source)
        whole += bent[0].area
        parts.append(cut(bent, piece.target)[0])
    true: BaseGeometry = shapely.union_all(parts)
    target_area = shape.area * (Thumbnail.of(pair).target_px / scale) ** 2
    shown = true.area >= SHOWN_SHARE * max(target_area, whole)
    return DrawnRegion(annotation, true, shape.area / scale**2, foreign, shown)


def _valid(outline: BaseGeometry) -> Outline:
    return cast("Outline", shapely.make_valid(outline))


def _region(rng: np.random.Generator, room: Outline, scale: float) -> BaseGeometry:
    """Return a region within tissue; the largest of some tries if all are small."""
    best: BaseGeometry = shapely.Polygon()
    for _ in range(_TRIES):
        middle = _place_in(rng, room)
        diameter = np.exp(rng.uniform(*np.log(_SIZES_PX))) * scale
        blob = shapely.Polygon(middle + 0.5 * diameter * _outline(rng))
        inside: BaseGeometry = cut(np.array([blob.buffer(0)], dtype=object), room)[0]
        if inside.area > best.area:
            best = inside
        if inside.area >= _LEAST_AREA_PX2 * scale**2:
            return inside
    return best


def _place_in(rng: np.random.Generator, room: BaseGeometry) -> NDArray[np.float64]:
    left, top, right, bottom = room.bounds
    points = rng.uniform((left, top), (right, bottom), (400, 2))
    within = points[shapely.contains_xy(room, points[:, 0], points[:, 1])]
    if len(within):
        return np.asarray(within[0])
    return np.asarray(shapely.get_coordinates(room.representative_point())[0])


def _outline(rng: np.random.Generator) -> Points:
    """Return a wavy circle around the origin, ``(48, 2)``."""
    angle = np.linspace(0.0, 2.0 * np.pi, _VERTICES, endpoint=False)
    radius = np.ones(_VERTICES)
    for wave in range(2, 2 + _WAVES):
        radius += _ROUGH / wave * rng.normal() * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    stretch = np.exp(rng.uniform(-0.4, 0.4))
    turn = rng.uniform(0, np.pi)
    shape = np.column_stack([stretch * radius * np.cos(angle), radius / stretch * np.sin(angle)])
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(shape @ turned.T)
