"""From registered parts to an alignment: outlines, anchors, expected error, confidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from sar_models.domain.alignment import Alignment, Anchors, polygons_of
from sar_models.domain.transforms import Fragment, Piecewise
from sar_models.engine.expected_error import confidence, expected_error
from sar_models.engine.failures import tissue_outline
from sar_models.engine.outlines import outline_of
from sar_models.engine.registered import FIELD_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.domain.alignment import Outcome, Quality, Risk
    from sar_models.domain.geometry import ScalarGrid
    from sar_models.engine.maps import FieldMap
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.quality import Evidence
    from sar_models.engine.registered import Registered
    from sar_models.engine.run import Run

    Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Part:
    """Tissue of both slides under one smooth map.

    Parameters
    ----------
    id : str
        Name of its fragment.
    source, target : (H, W) bool
        Its tissue, working pixels of each side.
    registered : Registered
    mapped : FieldMap
        Between the slides.
    evidence : Evidence
    """

    id: str
    source: Mask
    target: Mask
    registered: Registered
    mapped: FieldMap
    evidence: Evidence

    @property
    def agreeing(self) -> Mask:
        """Which of the blocks fit best in place, ``(N,)``."""
        return self.registered.matches.agreeing(FIELD_TOLERANCE * self.registered.pair.long_side_px)

    @property
    def residual_px(self) -> float:
        """Median distance of agreeing blocks, target level-0 pixels; NaN without any."""
        shifts = self.registered.matches.shifts[self.agreeing]
        if not len(shifts):
            return float("nan")
        median = float(np.median(np.hypot(shifts[:, 0], shifts[:, 1])))
        return median * self.mapped.target_from_canonical.scale


def assemble(
    run: Run,
    prepared: PreparedPair,
    parts: Sequence[Part],
    unpaired: tuple[Mask, Mask],
    outcome: Outcome,
    quality: Quality,
    risk: Risk,
) -> Alignment:
    """Return the alignment of parts, at least one.

    Parameters
    ----------
    run : Run
    prepared : PreparedPair
    parts : sequence of Part
    unpaired : pair of (H, W) bool
        Tissue of source and target without a counterpart.
    outcome : Outcome
    quality : Quality
    risk : Risk
    """
    source_px, target_px = (
        prepared.source.slide_from_working,
        prepared.target.slide_from_working,
    )
    reach_px = run.reach_working_px(prepared) * source_px.scale
    first = parts[0].mapped
    to_target = first.target_from_canonical.scale * first.canonical_from_source.scale
    fragments = tuple(fragment_of(part, prepared) for part in parts)
    errors = [expected_error(part.registered, prepared.source, target_px) for part in parts]
    sure = [
        confidence(part.registered, prepared.source, part.evidence.probability) for part in parts
    ]
    return Alignment(
        pair=run.pair,
        outcome=outcome,
        transform=Piecewise(
            fragments,
            polygons_of(outline_of(unpaired[0], source_px)),
            polygons_of(outline_of(unpaired[1], target_px)),
            reach_px,
            reach_px * to_target,
        ),
        risk=risk,
        anchors=_anchors(parts),
        quality=quality,
        sigma=_joined(errors, parts),
        confidence=_joined(sure, parts),
        tissue_source=tissue_outline(prepared.source),
        tissue_target=tissue_outline(prepared.target),
        provenance=run.provenance(),
    )


def fragment_of(part: Part, prepared: PreparedPair) -> Fragment:
    """Return a part as a fragment between the slides."""
    return Fragment(
        part.id,
        outline_of(part.source, prepared.source.slide_from_working),
        outline_of(part.target, prepared.target.slide_from_working),
        part.mapped.transform,
        part.evidence.probability,
        int(part.agreeing.sum()),
        part.residual_px,
    )


def _anchors(parts: Sequence[Part]) -> Anchors:
    """Return the blocks of all parts as anchors between the slides."""
    each = [anchors_of(part, index) for index, part in enumerate(parts)]
    return Anchors(
        np.concatenate([anchors.source for anchors in each]),
        np.concatenate([anchors.target for anchors in each]),
        np.concatenate([anchors.inlier for anchors in each]),
        np.concatenate([anchors.fragment for anchors in each]),
    )


def anchors_of(part: Part, index: int) -> Anchors:
    """Return the blocks of one part as anchors between the slides; those that agree are its own."""
    matches, mapped, inlier = part.registered.matches, part.mapped, part.agreeing
    # The blocks were matched on the target as the field shows it.
    on_target = mapped.displacement.map_extended(matches.centres + matches.shifts)
    return Anchors(
        mapped.canonical_from_source.inverse().map(matches.centres),
        mapped.target_from_canonical.map(on_target),
        inlier,
        np.where(inlier, index, -1).astype(np.intp),
    )


def _joined(grids: Sequence[ScalarGrid], parts: Sequence[Part]) -> ScalarGrid:
    """Return one grid over the source: at each node, the value of the nearest part's grid."""
    if len(grids) == 1:
        return grids[0]
    # All grids have the same nodes: those of the source's working image.
    rows, columns = grids[0].values.shape
    height, width = parts[0].source.shape
    owner = np.full((height, width), -1)
    for index, part in enumerate(parts):
        owner[part.source] = index
    nearest = distance_transform_edt(owner < 0, return_distances=False, return_indices=True)
    owner = owner[tuple(nearest)]
    row = np.linspace(0, height - 1, rows).round().astype(int)
    column = np.linspace(0, width - 1, columns).round().astype(int)
    of_node = owner[np.ix_(row, column)]
    values = np.choose(of_node, [grid.values for grid in grids])
    return replace(grids[0], values=values)
