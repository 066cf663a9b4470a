"""A corrected fragment put in the place of the old one; what it does not touch stays as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.alignment import Anchors
from sar_models.domain.transforms import Piecewise
from sar_models.engine.assemble import anchors_of, fragment_of
from sar_models.engine.correction.tissue import left_alone, sliver_px
from sar_models.engine.expected_error import confidence, expected_error
from sar_models.engine.outlines import polygonal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points, ScalarGrid
    from sar_models.domain.transforms import Fragment, Outline
    from sar_models.engine.assemble import Part
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.run import Run


def spliced(
    run: Run, prepared: PreparedPair, parent: Alignment, index: int | None, part: Part | None
) -> Piecewise:
    """Return the parent's transform with one fragment in another place, added, or taken out.

    Parameters
    ----------
    run : Run
    prepared : PreparedPair
    parent : Alignment
    index : int or None
        Of the fragment that is corrected; ``None`` adds one.
    part : Part or None
        The fragment as it is now; ``None`` takes it out.
    """
    before = parent.transform
    old = None if index is None else before.fragments[index]
    new = None if part is None else fragment_of(part, prepared)
    fragments = list(before.fragments)
    if index is None and new is not None:
        fragments.append(new)
    elif index is not None:
        fragments[index : index + 1] = [] if new is None else [new]
    narrow = [
        sliver_px(section) * section.slide_from_working.scale
        for section in (prepared.source, prepared.target)
    ]
    reaches = before.reach_source_px, before.reach_target_px
    if not before.fragments and part is not None:
        reaches = _reaches(run, prepared, part)
    freed = None if old is None else (old.source, _only_its_own(old, before.fragments))
    taken = None if new is None else (new.source, new.target)
    alone_source, alone_target = (
        left_alone(
            unpaired,
            None if freed is None else freed[side],
            None if taken is None else taken[side],
            0.5 * narrow[side],
        )
        for side, unpaired in enumerate((before.unpaired_source, before.unpaired_target))
    )
    return Piecewise(tuple(fragments), alone_source, alone_target, *reaches)


def _only_its_own(old: Fragment, fragments: tuple[Fragment, ...]) -> Outline:
    """Return the target tissue that only this fragment held: two may lie on the same."""
    others = [other.target for other in fragments if other is not old]
    shared = [other for other in others if other.intersection(old.target).area > 0]
    if not shared:
        return old.target
    return polygonal(old.target.difference(shapely.union_all(shared)))


def _reaches(run: Run, prepared: PreparedPair, part: Part) -> tuple[float, float]:
    reach_px = run.reach_working_px(prepared) * prepared.source.slide_from_working.scale
    mapped = part.mapped
    to_target = mapped.target_from_canonical.scale * mapped.canonical_from_source.scale
    return reach_px, reach_px * to_target


def spliced_anchors(parent: Alignment, index: int | None, part: Part | None) -> Anchors:
    """Return the parent's anchors, but for those of one fragment, and those of its new map.

    Anchors that agreed with no fragment belong to the one on whose tissue they lie.
    """
    before = parent.anchors
    keep = np.ones(len(before), dtype=np.bool_)
    followed = before.fragment.copy()
    if index is not None:
        keep &= before.fragment != index
        keep &= ~((before.fragment < 0) & _lies_on(parent.fragments[index], before.source))
    if index is not None and part is None:
        followed[followed > index] -= 1
    kept = Anchors(before.source[keep], before.target[keep], before.inlier[keep], followed[keep])
    if part is None:
        return kept
    own = anchors_of(part, len(parent.fragments) if index is None else index)
    return Anchors(
        np.concatenate([kept.source, own.source]),
        np.concatenate([kept.target, own.target]),
        np.concatenate([kept.inlier, own.inlier]),
        np.concatenate([kept.fragment, own.fragment]),
    )


def _lies_on(fragment: Fragment, points: Points) -> NDArray[np.bool_]:
    return np.asarray(shapely.contains_xy(fragment.source, points[:, 0], points[:, 1]))


def spliced_grids(
    prepared: PreparedPair, parent: Alignment, transform: Piecewise, part: Part
) -> tuple[ScalarGrid, ScalarGrid]:
    """Return expected error and confidence: new where the part is nearest, else the parent's."""
    fresh = (
        expected_error(part.registered, prepared.source, prepared.target.slide_from_working),
        confidence(part.registered, prepared.source, part.evidence.probability),
    )
    if len(transform.fragments) == 1:
        return fresh
    nearest = _nearest(fresh[0], transform) == part.id
    error, sure = (
        replace(new, values=np.where(nearest, new.values, _at_nodes(old, new)))
        for new, old in zip(fresh, (parent.sigma, parent.confidence), strict=True)
    )
    return error, sure


def _nodes(grid: ScalarGrid) -> Points:
    rows, columns = grid.values.shape
    y, x = np.mgrid[0:rows, 0:columns]
    return np.asarray(grid.origin + np.stack([x.ravel(), y.ravel()], axis=-1) * grid.spacing)


def _at_nodes(old: ScalarGrid, new: ScalarGrid) -> NDArray[np.float64]:
    """Return old values at the nodes of a new grid; as they are where the nodes are the same."""
    same = (
        old.values.shape == new.values.shape
        and np.array_equal(old.origin, new.origin)
        and np.array_equal(old.spacing, new.spacing)
    )
    return old.values if same else old.sample(_nodes(new)).reshape(new.values.shape)


def _nearest(grid: ScalarGrid, transform: Piecewise) -> NDArray[np.str_]:
    """Return the id of the fragment nearest to each node."""
    where = shapely.points(_nodes(grid))
    distances = np.array([shapely.distance(f.source, where) for f in transform.fragments])
    ids = np.array([fragment.id for fragment in transform.fragments])
    return np.asarray(ids[distances.argmin(axis=0)]).reshape(grid.values.shape)
