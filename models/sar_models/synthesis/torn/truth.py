"""What is true of a torn pair: its pieces, its landmarks, its annotations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.transforms import Affine, Sequence
from sar_models.synthesis.marks import draw_annotations, draw_landmarks
from sar_models.synthesis.torn.laying import on_slide
from sar_models.synthesis.torn.records import TornPiece

if TYPE_CHECKING:
    from collections.abc import Sequence as Several

    from numpy.typing import NDArray

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Transform
    from sar_models.synthesis.tissue.layout import Layout
    from sar_models.synthesis.tissue.scene import Scene
    from sar_models.synthesis.torn.laying import Laid
    from sar_models.synthesis.torn.sides import Side

    Pieces = Several[Laid | None]

_INSIDE_UM = 12.0
_SMALLEST_UM2 = 400.0


def torn_pieces(
    source: Pieces, target: Pieces, mirrored: frozenset[int], between: Transform | None = None
) -> tuple[TornPiece, ...]:
    """Return every piece with what is true of it.

    Parameters
    ----------
    source, target : sequence of Laid or None
        How the pieces lie on both slides.
    mirrored : frozenset of int
        Pieces that lie upside down on the target.
    between : Transform or None
        From the plane in which the source's pieces were cut to that of the target's; ``None``
        where both are the block.
    """
    pairs = zip(source, target, strict=True)
    return tuple(
        _piece(f"piece-{index + 1}", before, after, index in mirrored, between)
        for index, (before, after) in enumerate(pairs)
    )


def _piece(
    name: str, before: Laid | None, after: Laid | None, mirrored: bool, between: Transform | None
) -> TornPiece:
    here = None if before is None else before.outline
    there = None if after is None else after.outline
    if before is None or after is None:
        return TornPiece(name, here, there, None, float("nan"), mirrored)
    steps = (before.slide_from_block.inverse(), between, after.slide_from_block)
    truth = Sequence(tuple(step for step in steps if step is not None))
    turn = (after.affine @ before.affine.inverse()).rotation_deg
    return TornPiece(name, here, there, truth, turn, mirrored)


def torn_landmarks(
    scene: Scene, source: Side, target: Side
) -> tuple[Points, Points, NDArray[np.intp]]:
    """Return landmarks on both slides, (N, 2) pixels each, and the piece of each, (N,)."""
    marks = draw_landmarks(scene)
    here, there, owner = [np.zeros((0, 2))], [np.zeros((0, 2))], [np.zeros(0, dtype=np.intp)]
    for index, (before, after) in enumerate(zip(source.pieces, target.pieces, strict=True)):
        if before is None or after is None:
            continue
        room = before.tissue.intersection(after.tissue).buffer(-_INSIDE_UM)
        own = marks[shapely.contains_xy(room, marks[:, 0], marks[:, 1])]
        here.append(before.slide_from_block.map(own))
        there.append(after.slide_from_block.map(own))
        owner.append(np.full(len(own), index, dtype=np.intp))
    return np.concatenate(here), np.concatenate(there), np.concatenate(owner)


def torn_annotations(seed: int, layout: Layout, source: Side) -> tuple[Annotation, ...]:
    """Return what a pathologist would outline on the source, torn where the tissue is.

    An object that several pieces share has a part on each; what a slide has lost is not drawn.
    """
    laid = [piece for piece in source.pieces if piece is not None]
    if None not in source.pieces and all(piece.affine is laid[0].affine for piece in laid):
        # An intact section, or a single piece: nothing is torn or lost.
        return draw_annotations(seed, layout, laid[0].slide_from_block)
    drawn: list[Annotation] = []
    for annotation in draw_annotations(seed, layout, Affine.identity()):
        seen = [annotation.geometry.intersection(piece.tissue) for piece in laid]
        parts = [
            on_slide(part, piece.slide_from_block)
            for part, piece in zip(seen, laid, strict=True)
            if part.area > _SMALLEST_UM2
        ]
        if parts:
            drawn.append(replace(annotation, geometry=shapely.union_all(parts)))
    return tuple(drawn)
