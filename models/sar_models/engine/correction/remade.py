"""One fragment registered anew under landmarks, and the tissue that it then holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from sar_models.domain.errors import LandmarkError
from sar_models.engine.affine import FINE
from sar_models.engine.ambiguity import Ranking
from sar_models.engine.assemble import Part
from sar_models.engine.correction.pose import are_fixing, check_agreement, lead_of, poses_of
from sar_models.engine.correction.standing import (
    affine_part,
    fitted_sharply,
    near_place,
    registered_under,
)
from sar_models.engine.correction.tissue import joined_to, mask_of, wide_remains
from sar_models.engine.fixed_points import through_landmarks
from sar_models.engine.fragments.evidence import weigh_piece
from sar_models.engine.fragments.hypothesis import Hypothesis, moved_mask
from sar_models.engine.fragments.placed import Placed
from sar_models.engine.fragments.trimming import following
from sar_models.engine.placing import Candidate, rank_candidates
from sar_models.engine.poses import Pose
from sar_models.engine.quality import weigh
from sar_models.engine.registered import AFFINE_TOLERANCE, fit_affine, fit_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Affine, Fragment, Outline
    from sar_models.engine.ambiguity import Lead
    from sar_models.engine.maps import FieldMap
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.registered import Registered
    from sar_models.engine.run import Run
    from sar_models.engine.section import Section

    Mask = NDArray[np.bool_]

_SMALLEST_FRAME = 0.5
_FAR = 0.1
"""Distance from the target's tissue, in long sides of the piece, at which a landmark is a slip."""
_DISPUTED = 0.2
"""Share of a fragment's tissue up to which another one reaches into it by its ragged edge."""


@dataclass(frozen=True, eq=False)
class Held:
    """What a fragment held before, and what the others hold.

    Parameters
    ----------
    id : str
        Of the fragment.
    fragment : Fragment or None
        As it was; ``None`` for tissue that had no counterpart.
    source : (H, W) bool
        Its tissue, source working pixels.
    alone : (H, W) bool
        Source tissue without a counterpart.
    others : tuple of (str, (H, W) bool)
        Id and target tissue of each other fragment.
    taken : (H, W) bool
        All of that.
    """

    id: str
    fragment: Fragment | None
    source: Mask
    alone: Mask
    others: tuple[tuple[str, Mask], ...]
    taken: Mask


@dataclass(frozen=True, eq=False)
class Remade:
    """A fragment under landmarks.

    Parameters
    ----------
    part : Part
    lead : Lead
        Of its place over all others.
    disputed : tuple of str
        Other fragments on whose target tissue it lies.
    """

    part: Part
    lead: Lead
    disputed: tuple[str, ...]


def held_before(
    prepared: PreparedPair,
    fragment: Fragment | None,
    others: tuple[Fragment, ...],
    own: tuple[Outline, ...],
    alone: tuple[Outline, ...],
    id_: str,
) -> Held:
    """Return what outlines of the parent say, as masks; ``own`` is the fragment's source tissue."""
    return Held(
        id_,
        fragment,
        mask_of(own, prepared.source),
        mask_of(alone, prepared.source),
        tuple((other.id, mask_of((other.target,), prepared.target)) for other in others),
        mask_of([other.target for other in others], prepared.target),
    )


def remake(
    run: Run, prepared: PreparedPair, held: Held, landmarks: tuple[Points, Points]
) -> Remade:
    """Register a fragment anew under landmarks.

    Parameters
    ----------
    run : Run
    prepared : PreparedPair
    held : Held
    landmarks : pair of (N, 2) arrays
        Level-0 pixels of source and target.

    Raises
    ------
    LandmarkError
        If the landmarks contradict each other, or put the fragment on glass.
    """
    run.progress("placing the fragment", 0.2)
    own = prepared.source.masked(held.source)
    if own.is_empty:
        raise LandmarkError(
            f"No tissue is found any more where fragment {held.id!r} was",
            remedy="Align the pair again instead.",
        )
    at = _working(landmarks, prepared)
    pose = _chosen_pose(run, prepared, held, own, at)
    check_agreement(pose, *at, own.extent_px)
    _check_on_tissue(at[1], prepared.target, _FAR * own.extent_px * pose.scale)
    piece = _piece(prepared, held, pose)
    source, target = (
        prepared.source.masked(piece),
        prepared.target.masked(_near(piece, pose, prepared)),
    )
    if not (moved_mask(piece, pose, target.mask.shape) & (target.mask > 0.5)).any():
        raise _on_glass(held)
    source, placed = _refined(run, prepared, held, source, target, pose, at)
    target = prepared.target.masked(_near(source.mask > 0.5, placed, prepared))
    run.progress("refining", 0.35)
    mapped = _bent(run, prepared, held, source, target, placed, landmarks)
    final, around = registered_under(mapped.transform, source, prepared.target, run.device)
    mapped = through_landmarks(run.map_of(prepared, final), *landmarks)
    run.progress("comparing places", 0.5)
    lead, candidate = _lead(run, prepared, held, source, placed)
    weighed = weigh if _is_whole(held) else weigh_piece
    evidence = weighed(lead, final.affine_support)
    hypothesis = Hypothesis(
        "source", source.mask > 0.5, Ranking((candidate,), lead, lead), final.affine_support
    )
    put = Placed(hypothesis, source, around, final, evidence)
    on_source, on_target, disputed = _claims(prepared, held, put, at)
    if not (on_source.any() and on_target.any()):
        raise _on_glass(held)
    return Remade(Part(held.id, on_source, on_target, final, mapped, evidence), lead, disputed)


def _on_glass(held: Held) -> LandmarkError:
    return LandmarkError(
        f"The landmarks put fragment {held.id!r} where the target has no tissue",
        remedy="Check the target points, and that x and y were not exchanged.",
    )


def _check_on_tissue(points: Points, target: Section, far_px: float) -> None:
    away = distance_transform_edt(target.mask < 0.5)
    height, width = target.mask.shape
    x, y = np.clip(points.astype(int), 0, (width - 1, height - 1)).T
    off = np.flatnonzero(np.asarray(away)[y, x] > far_px)
    if len(off):
        raise LandmarkError(
            f"Landmark number {off[0] + 1} lies where the target has no tissue",
            remedy="Check the target points, and that x and y were not exchanged.",
        )


def _is_whole(held: Held) -> bool:
    return held.id == "whole"


def _working(landmarks: tuple[Points, Points], prepared: PreparedPair) -> tuple[Points, Points]:
    source, target = landmarks
    return (
        prepared.source.slide_from_working.inverse().map(source),
        prepared.target.slide_from_working.inverse().map(target),
    )


def _chosen_pose(
    run: Run, prepared: PreparedPair, held: Held, own: Section, at: tuple[Points, Points]
) -> Affine:
    """Return where landmarks put a fragment.

    What they leave open its present pose tells, or the pictures where it has none.
    """
    present = None
    if held.fragment is not None:
        present = affine_part(held.fragment.transform, own, prepared.target)
    poses = poses_of(*at, present, prepared.scale)
    if len(poses) == 1:
        return poses[0]
    tried = [Pose(pose, 1.0, 1.0) for pose in poses]
    best = rank_candidates(own, prepared.target, tried, "scene", run.device)[0]
    return best.pose.target_from_source


def _near(piece: Mask, pose: Affine, prepared: PreparedPair) -> Mask:
    return near_place(piece, pose, prepared.target)


def _piece(prepared: PreparedPair, held: Held, pose: Affine) -> Mask:
    """Return the tissue that is registered: the fragment's, and what goes on from it.

    A fragment in a wrong place was cut to what lay on tissue there. What has no counterpart yet,
    touches it and comes to lie on tissue with it, belongs to it.
    """
    free = (prepared.target.mask > 0.5) & ~held.taken
    laid = moved_mask(free, pose.inverse(), prepared.source.mask.shape)
    more = wide_remains(held.alone & laid, prepared.source)
    return joined_to(held.source, more & ~held.source)


def _refined(
    run: Run,
    prepared: PreparedPair,
    held: Held,
    source: Section,
    target: Section,
    pose: Affine,
    at: tuple[Points, Points],
) -> tuple[Section, Affine]:
    """Return a piece without what does not follow its pose, and the pose as an affine map.

    Landmarks that fix the pose are believed. Others are near together or few: then pictures may
    turn and stretch the piece, as long as it stays where they put it.
    """
    extent_px = source.extent_px
    kept = fit_affine(source, target, pose, run.device, "scene", keep_placement=True)
    placed = pose
    if not are_fixing(at[0], extent_px):
        share = _share(source, prepared.source)
        levels = [level._replace(size_px=round(level.size_px * share)) for level in FINE]
        tried = fit_affine(source, target, pose, run.device, "scene", levels=levels)
        refined = tried.pair.target_from_source
        off, before = (
            float(np.linalg.norm(found.map(at[0]) - at[1], axis=1).max())
            for found in (refined, pose)
        )
        near = off <= before + AFFINE_TOLERANCE * extent_px * pose.scale
        if near and tried.fit.contrast > kept.fit.contrast:
            kept, placed = tried, refined
    tissue_px = float((prepared.source.mask > 0.5).sum())
    piece = source.mask > 0.5
    follows = following(piece, tissue_px, "source", kept)
    # What the fragment held before is only given up where it comes to lie on glass.
    loose = piece if held.fragment is None else piece & ~held.source
    trimmed = piece & (follows | ~loose)
    x, y = (np.clip(at[0].astype(int), 0, np.array(piece.shape[::-1]) - 1)).T
    if trimmed[y, x].sum() < piece[y, x].sum():
        # Somebody saw that these places belong to it.
        return source, placed
    return prepared.source.masked(trimmed), placed


def _bent(
    run: Run,
    prepared: PreparedPair,
    held: Held,
    source: Section,
    target: Section,
    placed: Affine,
    landmarks: tuple[Points, Points],
) -> FieldMap:
    """Return the map of a piece: its pose, bent by the pictures, then to go through landmarks."""
    fitted, _ = fitted_sharply(source, target, placed, run.device)
    refiner = run.refiner if _is_whole(held) else run.piece_refiner
    share = _share(source, prepared.source)
    registered: Registered = fit_field(fitted, run.device, refiner, share=share)
    return through_landmarks(run.map_of(prepared, registered), *landmarks)


def _share(source: Section, section: Section) -> float:
    return max(source.extent_px / section.extent_px, _SMALLEST_FRAME)


def _lead(
    run: Run, prepared: PreparedPair, held: Held, source: Section, placed: Affine
) -> tuple[Lead, Candidate]:
    scale = prepared.scale if prepared.scale is not None else placed.scale
    # On all of the target: where others lie a piece may fit as well by accident.
    searches = [run.search] if _is_whole(held) else [run.piece_search, run.hard_piece_search]
    return lead_of(placed, source, prepared.target, scale, searches, run.device)


def _claims(
    prepared: PreparedPair, held: Held, put: Placed, at: tuple[Points, Points]
) -> tuple[Mask, Mask, tuple[str, ...]]:
    """Return the tissue that a fragment holds on both sides, and whose tissue it disputes.

    Thin remains along it are its ragged edge. It keeps off the edge of its neighbours, unless it
    lies on much of one: then one of both is wrong, and somebody vouches for this one.
    """
    piece = put.source.mask > 0.5
    left = piece & ~put.source_tissue
    on_source = piece & ~wide_remains(left, prepared.source, at[0])
    reached = put.target_tissue
    near = put.target.mask > 0.5
    disputed = []
    whole_px = int(reached.sum())
    for name, tissue in held.others:
        both = int((reached & tissue).sum())
        if both > _DISPUTED * min(whole_px, int(tissue.sum())):
            disputed.append(name)
        else:
            reached, near = reached & ~tissue, near & ~tissue
    edge = near & ~reached
    for name, tissue in held.others:
        if name in disputed:
            edge = edge & ~tissue
    edge = edge & ~wide_remains(edge, prepared.target, at[1])
    return on_source, joined_to(reached, edge) if reached.any() else reached, tuple(disputed)
