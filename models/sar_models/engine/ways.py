"""Two ways to align one pair: which of their results to believe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.alignment import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Fragment

_RANK = {Outcome.FAILED: 0, Outcome.PARTIAL: 1, Outcome.AMBIGUOUS: 2, Outcome.ALIGNED: 3}
_SURE = 0.95
"""Confidence of a piece from which on it can refute another result."""
_ELSEWHERE = 0.03
"""Distance, in diagonals of the target slide, from which on two places differ."""


def most_credible(results: Sequence[Alignment]) -> Alignment:
    """Return the result of the highest outcome that no sure piece of another one refutes.

    Parameters
    ----------
    results : sequence of Alignment
        Of the same pair, at least one.

    Notes
    -----
    One smooth map may fit the largest piece of a torn section, and be sure of it; or several
    pieces one after the other, and call them levels. Where another result has found a second piece
    elsewhere, as surely, it is no map of the whole, and these are no levels.
    """
    held = [
        result
        for result in results
        if not any(_refutes(other, result) for other in results if other is not result)
    ]
    return max(held or results, key=lambda result: _RANK[result.outcome])


def _refutes(pieces: Alignment, whole: Alignment) -> bool:
    """Tell whether several sure pieces lie where one map, or several of all, do not put them."""
    sure = [piece for piece in pieces.transform.fragments if piece.confidence >= _SURE]
    if len(sure) < 2:
        return False
    if whole.outcome is Outcome.AMBIGUOUS:
        return True
    if len(whole.transform.fragments) != 1:
        return False
    far_px = _ELSEWHERE * whole.pair.target.size.diagonal
    return any(_gap_px(piece, whole.transform.fragments[0]) > far_px for piece in sure)


def _gap_px(piece: Fragment, whole: Fragment) -> float:
    """Return how far apart two maps put the outline of a piece, target level-0 pixels."""
    outline = shapely.get_coordinates(piece.source)
    gaps = piece.transform.map(outline) - whole.transform.map(outline)
    return float(np.median(np.hypot(gaps[:, 0], gaps[:, 1])))
