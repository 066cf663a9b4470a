"""Planted failures: a registration started in the wrong place, or bent afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from sar_models.domain.transforms import Affine
from sar_models.engine.ambiguity import split_candidates
from sar_models.engine.placing import rank_candidates
from sar_models.engine.refinement import Field
from sar_models.engine.registered import Fitted, register, with_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sar_models.engine.ambiguity import Lead
    from sar_models.engine.placing import Candidate
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.registered import Registered
    from sar_models.engine.run import Run

Kind = Literal["found", "elsewhere", "off", "bent"]
KINDS: tuple[Kind, ...] = ("found", "elsewhere", "off", "bent")

_POSES = 24
_ELSEWHERE = 0.15
_OFF_SHARES = (0.01, 0.12)
_OFF_TURN_DEG = 20.0
_BENT_SHARES = (0.003, 0.06)
_BENT_NODES = 4


@dataclass(frozen=True, eq=False)
class Plant:
    """A registration that may be wrong, with the lead that the engine would have seen.

    Parameters
    ----------
    kind : {"found", "elsewhere", "off", "bent"}
        ``found``: as the engine aligns. ``elsewhere``: at the best of the accidental placements,
        as if the right one had not been found. ``off``: refined from a start that is shifted and
        turned. ``bent``: deformed after it was found.
    registered : Registered
    lead : Lead
    """

    kind: Kind
    registered: Registered
    lead: Lead


def plant(
    run: Run, prepared: PreparedPair, found: Candidate, lead: Lead, rng: np.random.Generator
) -> Iterator[Plant]:
    """Yield the registration of a placement that was found, and failures around it.

    Parameters
    ----------
    run : Run
    prepared : PreparedPair
        With known scale.
    found : Candidate
        The placement that the engine chose.
    lead : Lead
        Of it over all others.
    rng : Generator
    """
    right = _registered(run, prepared, found, found.target_from_source)
    yield Plant("found", right, lead)
    elsewhere = _elsewhere(run, prepared, found)
    if elsewhere is not None:
        yield elsewhere
    extent = prepared.target.extent_px
    for _ in range(2):
        start = _off(rng, extent, found.target_from_source, prepared)
        yield Plant("off", _registered(run, prepared, found, start), lead)
    for _ in range(2):
        yield Plant("bent", _bent(run, right, rng), lead)


def _registered(run: Run, prepared: PreparedPair, found: Candidate, start: Affine) -> Registered:
    return register(prepared.source, prepared.target, start, run.device, run.refiner, found.channel)


def _elsewhere(run: Run, prepared: PreparedPair, found: Candidate) -> Plant | None:
    """Return what the engine would have chosen among the placements that are not the right one."""
    source, target = prepared.source, prepared.target
    far = _ELSEWHERE * target.extent_px
    left, top, right, bottom = source.bounds
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=float)
    there = found.target_from_source.map(corners)
    poses = [
        pose
        for pose in run.search.search(source, target, found.target_from_source.scale, _POSES)
        if np.linalg.norm(pose.target_from_source.map(corners) - there, axis=1).mean() > far
    ]
    if not poses:
        return None
    candidates = rank_candidates(source, target, poses, found.channel, run.device)
    ranking = split_candidates(candidates, poses, source, target)
    registered = _registered(run, prepared, found, ranking.best[0].target_from_source)
    return Plant("elsewhere", registered, ranking.alone)


def _off(
    rng: np.random.Generator, extent_px: float, placed: Affine, prepared: PreparedPair
) -> Affine:
    """Return a placement, shifted and turned about the tissue's middle."""
    left, top, right, bottom = prepared.source.bounds
    middle = placed.map(np.array([[(left + right) / 2, (top + bottom) / 2]]))[0]
    share = float(np.exp(rng.uniform(*np.log(_OFF_SHARES))))
    way = rng.uniform(-np.pi, np.pi)
    shift = share * extent_px * np.array([np.cos(way), np.sin(way)])
    turn = Affine.from_similarity(np.deg2rad(rng.uniform(-1, 1) * _OFF_TURN_DEG))
    about = Affine.translation(middle + shift) @ turn @ Affine.translation(-middle)
    return about @ placed


def _bent(run: Run, right: Registered, rng: np.random.Generator) -> Registered:
    """Return a registration whose field has a smooth error added."""
    share = float(np.exp(rng.uniform(*np.log(_BENT_SHARES))))
    coarse = Field(rng.normal(size=(_BENT_NODES, _BENT_NODES, 2)), right.field.shape)
    rows, columns = right.field.nodes.shape[:2]
    error = coarse.dense(rows, columns)
    error *= share * right.pair.long_side_px / np.sqrt((error**2).sum(axis=-1).mean())
    fitted = Fitted(right.pair, right.affine_fit, right.affine_matches)
    return with_field(fitted, replace(right.field, nodes=right.field.nodes + error), run.device)
