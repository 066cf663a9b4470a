"""Alignments of a small torn pair with something wrong in them, made from the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.alignment import Alignment, Anchors, Outcome, Reason, Risk, polygons_of
from sar_models.domain.geometry import ScalarGrid
from sar_models.domain.provenance import Provenance
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine, Fragment, Piecewise
from sar_models.engine import AlignOptions
from sar_models.engine.correction.tissue import mask_of
from sar_models.engine.outlines import outline_of
from sar_models.engine.prepare import prepare_pair
from sar_models.stores import ArraySlide
from sar_models.synthesis import TornOptions, TornPair, generate_torn_pair

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points
    from sar_models.domain.slides import Slide
    from sar_models.domain.transforms import Outline
    from sar_models.synthesis import TornPiece

_SIZE_PX = 480
_TORN = TornOptions(
    pieces=3,
    source_arrangement="near",
    mirrored_share=0.4,
    target_lost=1,
    source_lost=0,
    target_controls=1,
    source_controls=0,
    size_px=_SIZE_PX,
    outline="resection",
    organ="tonsil",
    overlap=False,
    folds=False,
)


@dataclass(frozen=True, eq=False)
class WrongParent:
    """A torn pair of which the first piece is aligned and the second is not.

    Parameters
    ----------
    source, target : Slide
    piece : TornPiece
        The second piece, as it really is.
    fine, moved : Fragment
        The first piece, and the second one where it belongs.
    lost : tuple of Polygon
        Source tissue that the target lacks.
    control : tuple of Polygon
        Foreign tissue on the target.
    """

    source: Slide
    target: Slide
    piece: TornPiece
    fine: Fragment
    moved: Fragment
    lost: tuple[Outline, ...]
    control: tuple[Outline, ...]

    @property
    def landmarks(self) -> tuple[Points, Points]:
        """True places of a few points on the second piece, level-0 pixels of both slides."""
        inner = self.moved.source.buffer(-12)
        points = _within(inner, 12)
        assert self.piece.target_from_source is not None
        return points, self.piece.target_from_source.map(points)

    def astray(self) -> Alignment:
        """Return the alignment with the second piece on foreign tissue, turned."""
        centre = _centre(self.moved.source)
        there = self.moved.transform.map(centre)[0]
        turned = (
            Affine.translation(_centre(self.control[0])[0])
            @ Affine.from_similarity(0.7)
            @ Affine.translation(-there)
            @ self._affine
        )
        wrong = replace(
            self.moved, transform=turned, target=self.control[0], confidence=0.6, anchor_count=3
        )
        return self._alignment((self.fine, wrong), self.lost, polygons_of(self.moved.target))

    def shifted(self, offset: tuple[float, float]) -> Alignment:
        """Return the alignment with the second piece beside its place, turned rightly."""
        wrong = replace(self.moved, transform=Affine.translation(offset) @ self._affine)
        return self._alignment((self.fine, wrong), self.lost, self.control)

    def unpaired(self) -> Alignment:
        """Return the alignment without the second piece."""
        return self._alignment(
            (self.fine,),
            (*self.lost, *polygons_of(self.moved.source)),
            (*self.control, *polygons_of(self.moved.target)),
        )

    @property
    def _affine(self) -> Affine:
        assert isinstance(self.moved.transform, Affine)
        return self.moved.transform

    def _alignment(
        self,
        fragments: tuple[Fragment, ...],
        alone_source: tuple[Outline, ...],
        alone_target: tuple[Outline, ...],
    ) -> Alignment:
        own = [np.array(fragment.source.representative_point().coords) for fragment in fragments]
        points = np.concatenate([np.repeat(point, 3, axis=0) for point in own])
        owner = np.repeat(np.arange(len(fragments)), 3)
        inlier = np.arange(len(points)) % 3 > 0
        size = self.source.info.size.as_array()
        return Alignment(
            pair=SlidePair(self.source.info, self.target.info),
            outcome=Outcome.PARTIAL,
            transform=Piecewise(fragments, alone_source, alone_target, 40.0, 40.0),
            risk=Risk(
                0.5,
                (
                    Reason("pose-margin", "Piece 2: another turn fits.", 0.9),
                    Reason("few-anchors", "Piece 1: few regions agree.", 0.4),
                ),
            ),
            anchors=Anchors(points, points + 1.0, inlier, np.where(inlier, owner, -1)),
            sigma=ScalarGrid(np.zeros(2), size / 20, np.full((21, 21), 7.5)),
            confidence=ScalarGrid(np.zeros(2), size / 20, np.full((21, 21), 0.25)),
            tissue_source=shapely.union_all([*(f.source for f in fragments), *alone_source]),
            tissue_target=shapely.union_all([*(f.target for f in fragments), *alone_target]),
            provenance=Provenance(
                versions={"sar-align": "0"},
                options={"mode": "fragments", "working_size_px": _SIZE_PX},
                slides={
                    "source": self.source.info.content_id,
                    "target": self.target.info.content_id,
                },
            ),
        )


@cache
def torn_pair() -> TornPair:
    """Return the generated pair: two pieces on both slides, one lost, foreign tissue."""
    return generate_torn_pair(13, _TORN)


def wrong_parent(source: Slide | None = None, target: Slide | None = None) -> WrongParent:
    """Return the pair with what is true of it, on slides in memory or on given ones."""
    pair = torn_pair()
    source = source or ArraySlide("source", pair.source.image, pair.source.mpp)
    target = target or ArraySlide("target", pair.target.image, pair.target.mpp)
    options = AlignOptions(working_size_px=_SIZE_PX)
    prepared = prepare_pair(source, target, (source.info.mpp, target.info.mpp), options)

    def tissue(outline: Outline, side: str) -> Outline:
        section = prepared.source if side == "source" else prepared.target
        return outline_of(mask_of((outline,), section), section.slide_from_working)

    def fragment(piece: TornPiece, number: int) -> Fragment:
        assert piece.source is not None
        assert piece.target is not None
        return Fragment(
            f"piece-{number}",
            tissue(piece.source, "source"),
            tissue(piece.target, "target"),
            _affine_of(piece),
            0.97,
            2,
            1.5,
        )

    fine, moved = [p for p in pair.pieces if p.source is not None and p.target is not None]
    lost = [piece.source for piece in pair.pieces if piece.target is None]
    return WrongParent(
        source,
        target,
        moved,
        fragment(fine, 1),
        fragment(moved, 2),
        tuple(
            part for outline in lost if outline for part in polygons_of(tissue(outline, "source"))
        ),
        tuple(
            part
            for outline in pair.foreign_target
            for part in polygons_of(tissue(outline, "target"))
        ),
    )


def _affine_of(piece: TornPiece) -> Affine:
    assert piece.source is not None
    assert piece.target_from_source is not None
    points = _within(piece.source, 200)
    design = np.column_stack([points, np.ones(len(points))])
    solved = np.linalg.lstsq(design, piece.target_from_source.map(points), rcond=None)[0]
    return Affine(solved.T)


def _within(outline: Outline, count: int) -> Points:
    left, top, right, bottom = outline.bounds
    points = np.random.default_rng(0).uniform((left, top), (right, bottom), (10 * count, 2))
    return points[shapely.contains_xy(outline, *points.T)][:count]


def _centre(outline: Outline) -> Points:
    return np.array(outline.centroid.coords)
