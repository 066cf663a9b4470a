"""Both slides of a torn real pair: which pieces lie on them, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from shapely import Polygon

from sar_models.domain.transforms import Affine
from sar_models.synthesis.deformation import Pose
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.torn.composing import Glass, back_in_place, placed_on_glass
from sar_models.synthesis.torn.fraying import frayed
from sar_models.synthesis.torn.laying import Laid, lay
from sar_models.synthesis.torn.pasting import Pasted
from sar_models.synthesis.torn.shapes import outline, polygons
from sar_models.synthesis.torn.views import swatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from sar_models.domain.geometry import Size
    from sar_models.domain.transforms import Outline, Transform
    from sar_models.synthesis.torn.matte import Matte
    from sar_models.synthesis.torn.options import TornChoices
    from sar_models.synthesis.torn.tearing import Tear

_STEP_PX = 0.5
_DENSE_PX = 3.0
_CONTROL_LENGTHS = (0.2, 0.4)
"""Long side of a control, in block lengths."""


@dataclass(frozen=True, eq=False)
class TornSection:
    """A real section after it tore, in the pixels of its picture.

    Parameters
    ----------
    matte : Matte
        The picture.
    regions : tuple of Polygon
        Where each piece is cut out.
    tissue : tuple of Polygon or MultiPolygon
        What of it is tissue.
    """

    matte: Matte
    regions: tuple[Polygon, ...]
    tissue: tuple[Outline, ...]

    @property
    def glass(self) -> Glass:
        """The slide that it is laid on; its pixels are those of the picture."""
        return Glass(max(self.matte.passed.shape[:2]), 1.0)


@dataclass(frozen=True, eq=False)
class RealSide:
    """One slide: its pieces (``None`` where lost), its control tissue, what to paste, its size."""

    pieces: tuple[Laid | None, ...]
    foreign: tuple[Outline, ...]
    pasted: tuple[Pasted, ...]
    size: Size


def torn_section(
    seed: int,
    matte: Matte,
    cells: Sequence[Polygon],
    tears: Sequence[Tear],
    unit: float,
    carried_by: Transform | None = None,
) -> TornSection:
    """Tear a section.

    Parameters
    ----------
    seed : int
        Seed of the slide: each frays in its own way.
    matte : Matte
        The picture of the section.
    cells, tears : sequence of Polygon, sequence of Tear
        Pieces and the lines along which tissue is lost, pixels of the pair's source.
    unit : float
        Pixels per micrometre.
    carried_by : Transform or None
        From pixels of the pair's source to those of this picture.
    """
    regions = frayed(seed, cells, tears, unit, _STEP_PX)
    if carried_by is not None:
        dense = [shapely.segmentize(region, _DENSE_PX) for region in regions]
        moved = [shapely.transform(region, carried_by.map) for region in dense]
        regions = tuple(polygons(region.buffer(0))[0] for region in moved)
    tissue = tuple(outline(region.intersection(matte.tissue)) for region in regions)
    return TornSection(matte, regions, tissue)


def lay_real_source(
    seed: int, choices: TornChoices, section: TornSection, foreign: Matte | None
) -> RealSide:
    """Lay the source's section on its slide, as ``choices.arrangement`` says.

    Parameters
    ----------
    seed : int
        Seed of the pair.
    choices : TornChoices
        What was decided.
    section : TornSection
        The section.
    foreign : Matte or None
        Where control tissue is taken from.
    """
    seed = sub_seed(seed, "source")
    rng = stream(seed, "arranging")
    others = _controls(seed, choices.source_controls, section, foreign)
    if choices.arrangement == "whole":
        # Half a pixel closes the seams that drawing piece by piece would leave.
        together = polygons(shapely.union_all([r.buffer(0.5) for r in section.regions]))[0]
        whole = Laid(None, Affine.identity(), together, outline(shapely.union_all(section.tissue)))
        placed, size = placed_on_glass(rng, [[whole], *others], section.glass)
        affine = placed[0][0].affine
        parts = zip(section.regions, section.tissue, strict=True)
        pieces = tuple(Laid(None, affine, region, tissue) for region, tissue in parts)
        pasted = (Pasted(section.matte, together, affine),)
        return RealSide(pieces, _outlines(placed[1:]), pasted + _pasted(foreign, placed[1:]), size)
    near = choices.arrangement == "near"
    laid: dict[int, Laid] = {}
    for index, (region, tissue) in enumerate(zip(section.regions, section.tissue, strict=True)):
        turn = float(rng.normal(0.0, 4.0)) if near else float(rng.uniform(-180.0, 180.0))
        if index not in choices.lost_on_source:
            laid[index] = lay(region, tissue, Pose(turn, False), 1.0)
    clusters = [[each] for each in laid.values()]
    if near:
        x0, y0, x1, y1 = shapely.union_all(section.regions).bounds
        clusters = [back_in_place(rng, list(laid.values()), max(x1 - x0, y1 - y0), section.glass)]
    return _side(rng, choices.pieces, section, laid, clusters, others, foreign, frozenset())


def lay_real_target(
    seed: int, choices: TornChoices, section: TornSection, foreign: Matte | None
) -> RealSide:
    """Scatter the target's pieces over its slide; parameters as for `lay_real_source`."""
    seed = sub_seed(seed, "target")
    rng = stream(seed, "arranging")
    others = _controls(seed, choices.target_controls, section, foreign)
    laid: dict[int, Laid] = {}
    for index, (region, tissue) in enumerate(zip(section.regions, section.tissue, strict=True)):
        pose = Pose(float(rng.uniform(-180.0, 180.0)), index in choices.mirrored)
        if index not in choices.lost_on_target:
            laid[index] = lay(region, tissue, pose, 1.0)
    lapping = frozenset(range(len(laid))) if choices.overlap else frozenset()
    clusters = [[each] for each in laid.values()]
    return _side(rng, choices.pieces, section, laid, clusters, others, foreign, lapping)


def _controls(
    seed: int, count: int, section: TornSection, foreign: Matte | None
) -> list[list[Laid]]:
    """Cut control tissue out of a foreign picture, each piece turned."""
    if foreign is None:
        return []
    x0, y0, x1, y1 = shapely.union_all(section.regions).bounds
    controls: list[list[Laid]] = []
    for number in range(count):
        rng = stream(seed, "control", number)
        length = float(rng.uniform(*_CONTROL_LENGTHS)) * max(x1 - x0, y1 - y0)
        region, tissue = swatch(sub_seed(seed, "control", number), foreign, length)
        pose = Pose(float(rng.uniform(-180.0, 180.0)), bool(rng.random() < 0.5))
        controls.append([lay(region, tissue, pose, 1.0)])
    return controls


def _side(
    rng: np.random.Generator,
    count: int,
    section: TornSection,
    laid: dict[int, Laid],
    clusters: list[list[Laid]],
    others: list[list[Laid]],
    foreign: Matte | None,
    lapping: frozenset[int],
) -> RealSide:
    placed, size = placed_on_glass(rng, [*clusters, *others], section.glass, lapping)
    tissue, controls = placed[: len(clusters)], placed[len(clusters) :]
    lying = dict(zip(laid, (each for cluster in tissue for each in cluster), strict=True))
    pasted = _pasted(section.matte, tissue) + _pasted(foreign, controls)
    pieces = tuple(lying.get(index) for index in range(count))
    return RealSide(pieces, _outlines(controls), pasted, size)


def _outlines(clusters: list[list[Laid]]) -> tuple[Outline, ...]:
    return tuple(each.outline for cluster in clusters for each in cluster)


def _pasted(matte: Matte | None, clusters: list[list[Laid]]) -> tuple[Pasted, ...]:
    if matte is None:
        return ()
    laid = [each for cluster in clusters for each in cluster]
    return tuple(
        Pasted(matte, each.region, each.affine) for each in laid if each.region is not None
    )
