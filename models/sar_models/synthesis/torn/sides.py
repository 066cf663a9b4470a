"""Both slides of a torn pair: which pieces lie on them, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sar_models.domain.transforms import Affine
from sar_models.synthesis.deformation import Pose
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.torn.composing import Glass, back_in_place, placed_on_glass
from sar_models.synthesis.torn.controls import Control, lay_controls
from sar_models.synthesis.torn.fraying import frayed
from sar_models.synthesis.torn.laying import Laid, draw_warp, fold_over, lay
from sar_models.synthesis.torn.shapes import outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from shapely import Polygon

    from sar_models.domain.geometry import Size
    from sar_models.domain.transforms import Outline
    from sar_models.synthesis.mounting import Mount
    from sar_models.synthesis.torn.options import TornChoices
    from sar_models.synthesis.torn.tearing import Tear

_FRAYED_STEP = 0.5
"""Fineness of torn edges, in pixels of the slide."""
_SOURCE_SHARE = 0.35
"""Share of the deformation that happened on a torn source."""


@dataclass(frozen=True, eq=False)
class Block:
    """A block that was torn: its pieces and tears, its long side, all in um."""

    pieces: tuple[Polygon, ...]
    tears: tuple[Tear, ...]
    length_um: float


@dataclass(frozen=True, eq=False)
class Side:
    """One slide: its pieces (``None`` where lost), its controls, what to mount, its size."""

    pieces: tuple[Laid | None, ...]
    controls: tuple[Control, ...]
    mounts: tuple[Mount, ...]
    size: Size


def lay_source(
    seed: int, choices: TornChoices, block: Block, edge: Polygon, glass: Glass, deformed_um: float
) -> Side:
    """Lay the source's section on its slide, as ``choices.arrangement`` says.

    Parameters
    ----------
    seed : int
        Seed of the pair.
    choices : TornChoices
        What was decided.
    block : Block
        The torn block.
    edge : Polygon
        Edge of this section, block um.
    glass : Glass
        The slide.
    deformed_um : float
        Largest deformation between the slides.
    """
    seed = sub_seed(seed, "source")
    controls = lay_controls(seed, choices, choices.source_controls, block.length_um, glass.mpp)
    rng = stream(seed, "arranging")
    if choices.arrangement == "whole":
        whole = Laid(None, Affine.scaling(1 / glass.mpp, 1 / glass.mpp), None, edge)
        (placed, *others), size = placed_on_glass(rng, [[whole], *_alone(controls)], glass)
        pieces = tuple(
            replace(placed[0], region=piece, tissue=outline(piece.intersection(edge)))
            for piece in block.pieces
        )
        return Side(pieces, _moved(controls, others), placed[0].mounts, size)
    regions = frayed(seed, block.pieces, block.tears, 1.0, _FRAYED_STEP * glass.mpp)
    near = choices.arrangement == "near"
    laid: dict[int, Laid] = {}
    for index, region in enumerate(regions):
        turn = float(rng.normal(0.0, 4.0)) if near else float(rng.uniform(-180.0, 180.0))
        pose = Pose(turn, False)
        warp = draw_warp(
            sub_seed(seed, "piece", index), region, block.length_um, _SOURCE_SHARE * deformed_um
        )
        if index not in choices.lost_on_source:
            laid[index] = lay(region, outline(region.intersection(edge)), pose, glass.mpp, warp)
    clusters = (
        [back_in_place(rng, list(laid.values()), block.length_um, glass)]
        if near
        else [[each] for each in laid.values()]
    )
    return _side(rng, choices.pieces, laid, clusters, controls, glass)


def lay_target(
    seed: int, choices: TornChoices, block: Block, edge: Polygon, glass: Glass, deformed_um: float
) -> Side:
    """Scatter the target's pieces over its slide; parameters as for `lay_source`."""
    seed = sub_seed(seed, "target")
    controls = lay_controls(seed, choices, choices.target_controls, block.length_um, glass.mpp)
    rng = stream(seed, "arranging")
    regions = frayed(seed, block.pieces, block.tears, 1.0, _FRAYED_STEP * glass.mpp)
    share = 1.0 if choices.arrangement == "whole" else 1.0 - _SOURCE_SHARE
    scale = float(rng.uniform(0.97, 1.03))
    laid: dict[int, Laid] = {}
    for index, region in enumerate(regions):
        turn, stretch = float(rng.uniform(-180.0, 180.0)), float(rng.uniform(0.99, 1.01))
        pose = Pose(turn, index in choices.mirrored, scale, stretch)
        warp = draw_warp(
            sub_seed(seed, "piece", index), region, block.length_um, share * deformed_um
        )
        if index not in choices.lost_on_target:
            laid[index] = lay(region, outline(region.intersection(edge)), pose, glass.mpp, warp)
    if choices.folds:
        laid = _one_folded(rng, laid, block.length_um)
    lapping = frozenset(range(len(laid))) if choices.overlap else frozenset()
    clusters = [[each] for each in laid.values()]
    return _side(rng, choices.pieces, laid, clusters, controls, glass, lapping)


def _one_folded(
    rng: np.random.Generator, laid: dict[int, Laid], block_um: float
) -> dict[int, Laid]:
    """Fold an edge of one piece over: the first in a random order whose shape allows it."""
    for index in rng.permutation(list(laid)):
        folded = fold_over(rng, laid[int(index)], block_um)
        if folded.fold is not None:
            return {**laid, int(index): folded}
    return laid


def _side(
    rng: np.random.Generator,
    count: int,
    laid: dict[int, Laid],
    clusters: list[list[Laid]],
    controls: tuple[Control, ...],
    glass: Glass,
    lapping: frozenset[int] = frozenset(),
) -> Side:
    """Arrange clusters of pieces and the controls on a slide."""
    placed, size = placed_on_glass(rng, [*clusters, *_alone(controls)], glass, lapping)
    tissue, others = placed[: len(clusters)], placed[len(clusters) :]
    lying = dict(zip(laid, (each for cluster in tissue for each in cluster), strict=True))
    pieces = tuple(lying.get(index) for index in range(count))
    mounts = tuple(mount for each in lying.values() for mount in each.mounts)
    return Side(pieces, _moved(controls, others), mounts, size)


def _alone(controls: tuple[Control, ...]) -> list[list[Laid]]:
    return [[control.laid] for control in controls]


def _moved(controls: tuple[Control, ...], placed: Sequence[list[Laid]]) -> tuple[Control, ...]:
    return tuple(
        replace(control, laid=laid[0]) for control, laid in zip(controls, placed, strict=True)
    )


def outlines(controls: tuple[Control, ...]) -> tuple[Outline, ...]:
    """Return the outlines of control tissue, level-0 pixels."""
    return tuple(control.laid.outline for control in controls)
