"""Maps that differ from tissue fragment to tissue fragment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from sar_models.domain.errors import TransformError
from sar_models.domain.geometry import Points, as_points

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.transforms.base import Transform, TransformRecord

Outline: TypeAlias = Polygon | MultiPolygon


@dataclass(frozen=True, eq=False)
class Fragment:
    """One piece of tissue that was found on both slides, with its own transform.

    Parameters
    ----------
    id : str
        Name of the fragment, unique in its alignment.
    source, target : Polygon or MultiPolygon
        Outline of its tissue, level-0 pixels of the source and of the target slide.
    transform : Transform
        ``target_from_source``.
    confidence : float
        In [0, 1].
    anchor_count : int
        Anchors that support the transform.
    residual_px : float
        Median distance of those anchors after the transform, target level-0 pixels.
    """

    id: str
    source: Outline
    target: Outline
    transform: Transform
    confidence: float
    anchor_count: int = 0
    residual_px: float = float("nan")

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise TransformError(
                f"Fragment {self.id!r} has confidence {self.confidence!r}, expected [0, 1]"
            )

    def inverse(self) -> Fragment:
        """Return the fragment seen from the target slide."""
        return Fragment(
            self.id,
            self.target,
            self.source,
            self.transform.inverse(),
            self.confidence,
            self.anchor_count,
            self.residual_px,
        )

    def to_record(self) -> TransformRecord:
        """Return the fragment as JSON values and arrays."""
        return {
            "id": self.id,
            "source": shapely.geometry.mapping(self.source),
            "target": shapely.geometry.mapping(self.target),
            "transform": self.transform.to_record(),
            "confidence": self.confidence,
            "anchor_count": self.anchor_count,
            "residual_px": self.residual_px,
        }


class Assignment(NamedTuple):
    """Which fragment each point follows."""

    fragment: NDArray[np.intp]
    """``(N,)``: index of the fragment, -1 for none."""
    on_glass: NDArray[np.bool_]
    """``(N,)``: the point lies beside the tissue and follows the nearest fragment."""
    in_unpaired: NDArray[np.bool_]
    """``(N,)``: the point lies on tissue that has no counterpart."""


@dataclass(frozen=True, eq=False)
class Piecewise:
    """One transform per fragment; unpaired tissue and far glass map to NaN.

    Parameters
    ----------
    fragments : tuple of Fragment
        Paired tissue; may be empty (nothing could be aligned).
    unpaired_source, unpaired_target : tuple of Polygon or MultiPolygon
        Tissue without a counterpart, level-0 pixels of its slide.
    reach_source_px, reach_target_px : float
        How far from tissue a point on glass still follows the nearest fragment, in level-0 pixels
        of each slide.
    """

    fragments: tuple[Fragment, ...]
    unpaired_source: tuple[Outline, ...] = ()
    unpaired_target: tuple[Outline, ...] = ()
    reach_source_px: float = 0.0
    reach_target_px: float = 0.0

    def __post_init__(self) -> None:
        for name in ("fragments", "unpaired_source", "unpaired_target"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        ids = [fragment.id for fragment in self.fragments]
        if len(set(ids)) != len(ids):
            raise TransformError(f"Fragment ids are not unique: {ids!r}")

    def map(self, points: Points) -> Points:
        """Return the images of ``points`` ``(N, 2)``; NaN where there is no counterpart."""
        points = as_points(points)
        return self.map_assigned(points, self.assign(points).fragment)

    def map_assigned(self, points: Points, fragment: NDArray[np.intp]) -> Points:
        """Return the images of ``points``, each under the fragment of the given index ``(N,)``."""
        mapped = np.full_like(points, np.nan)
        for index, piece in enumerate(self.fragments):
            own = fragment == index
            if own.any():
                mapped[own] = piece.transform.map(points[own])
        return mapped

    def assign(self, points: Points) -> Assignment:
        """Tell for each point ``(N, 2)`` which fragment it follows.

        Where fragments overlap, the more confident one wins. A point on glass follows the nearest
        fragment within the reach, unless unpaired tissue is nearer still.
        """
        points = as_points(points)
        fragment = np.full(len(points), -1, dtype=np.intp)
        x, y = points[:, 0], points[:, 1]
        finite = np.isfinite(points).all(axis=1)
        # Least confident first, so that the more confident overwrites where both claim a point.
        for index in sorted(range(len(self.fragments)), key=self._rank):
            fragment[shapely.contains_xy(self._source_tissue[index], x, y)] = index
        in_unpaired = (fragment < 0) & shapely.contains_xy(self._unpaired_tissue, x, y)
        on_glass = np.zeros(len(points), dtype=np.bool_)
        loose = np.flatnonzero(finite & (fragment < 0) & ~in_unpaired)
        if loose.size and self.fragments and self.reach_source_px > 0:
            nearest = self._nearest(points[loose])
            fragment[loose] = nearest
            on_glass[loose] = nearest >= 0
        return Assignment(fragment, on_glass, in_unpaired)

    def _rank(self, index: int) -> tuple[float, int]:
        return self.fragments[index].confidence, -index

    def _nearest(self, points: Points) -> NDArray[np.intp]:
        """Return the index of the nearest fragment within the reach, -1 for none."""
        where = shapely.points(points)
        best = np.full(len(points), self.reach_source_px)
        nearest = np.full(len(points), -1, dtype=np.intp)
        for index, tissue in enumerate(self._source_tissue):
            distance = np.asarray(shapely.distance(tissue, where))
            closer = distance <= best
            nearest[closer], best[closer] = index, distance[closer]
        if not self._unpaired_tissue.is_empty:
            nearest[np.asarray(shapely.distance(self._unpaired_tissue, where)) < best] = -1
        return nearest

    @cached_property
    def _source_tissue(self) -> tuple[Outline, ...]:
        tissue = tuple(fragment.source for fragment in self.fragments)
        shapely.prepare(list(tissue))
        return tissue

    @cached_property
    def _unpaired_tissue(self) -> BaseGeometry:
        tissue = shapely.union_all(list(self.unpaired_source))
        shapely.prepare(tissue)
        return tissue

    @cached_property
    def overlap_px2(self) -> float:
        """Area of source tissue that more than one fragment claims, level-0 pixels squared."""
        outlines = [fragment.source for fragment in self.fragments]
        together = shapely.union_all(outlines).area if outlines else 0.0
        return float(sum(outline.area for outline in outlines) - together)

    def inverse(self) -> Piecewise:
        """Return the map of the opposite direction; its ``overlap_px2`` tells of overlaps."""
        return Piecewise(
            tuple(fragment.inverse() for fragment in self.fragments),
            self.unpaired_target,
            self.unpaired_source,
            self.reach_target_px,
            self.reach_source_px,
        )

    def jacobian(self, points: Points) -> NDArray[np.float64]:
        """Return each fragment's derivatives at its points, ``(N, 2, 2)``; NaN elsewhere."""
        points = as_points(points)
        fragment = self.assign(points).fragment
        jacobian = np.full((len(points), 2, 2), np.nan)
        for index, piece in enumerate(self.fragments):
            own = fragment == index
            if own.any():
                jacobian[own] = piece.transform.jacobian(points[own])
        return jacobian

    def to_record(self) -> TransformRecord:
        """Return fragments and unpaired tissue as JSON values and arrays."""
        return {
            "type": "piecewise",
            "fragments": [fragment.to_record() for fragment in self.fragments],
            "unpaired_source": [shapely.geometry.mapping(o) for o in self.unpaired_source],
            "unpaired_target": [shapely.geometry.mapping(o) for o in self.unpaired_target],
            "reach_source_px": self.reach_source_px,
            "reach_target_px": self.reach_target_px,
        }
