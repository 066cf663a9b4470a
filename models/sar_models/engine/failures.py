"""Pairs that cannot be aligned: complete records that say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapely.geometry import MultiPolygon

from sar_models.domain.alignment import (
    Alignment,
    Outcome,
    Quality,
    Reason,
    Risk,
    failed_alignment,
    polygons_of,
)
from sar_models.domain.transforms import Piecewise
from sar_models.engine.ambiguity import placements_of
from sar_models.engine.outlines import outline_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sar_models.domain.provenance import Provenance
    from sar_models.domain.slides import SlidePair
    from sar_models.domain.transforms import Affine, Outline
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.section import Section


def no_tissue(pair: SlidePair, prepared: PreparedPair, provenance: Provenance) -> Alignment:
    """Return the record of a pair of which a slide shows no tissue."""
    empty = [
        name
        for name, section in (("source", prepared.source), ("target", prepared.target))
        if section.is_empty
    ]
    text = f"No tissue was found on the {' and the '.join(empty)} slide."
    return failed_alignment(
        pair,
        text,
        (Reason("no-tissue", text, 1.0),),
        tissue_source=tissue_outline(prepared.source),
        tissue_target=tissue_outline(prepared.target),
        provenance=provenance,
    )


def no_match(
    pair: SlidePair,
    prepared: PreparedPair,
    risk: Risk | None,
    quality: Quality,
    provenance: Provenance,
) -> Alignment:
    """Return the record of a pair on which no placement stands out."""
    text = "No placement of the source on the target fits better than an accidental one."
    reasons = risk.reasons if risk is not None else ()
    return failed_alignment(
        pair,
        text,
        reasons or (Reason("no-match", text, 1.0),),
        tissue_source=tissue_outline(prepared.source),
        tissue_target=tissue_outline(prepared.target),
        quality=quality,
        provenance=provenance,
    )


def several_matches(
    pair: SlidePair,
    prepared: PreparedPair,
    placed: Sequence[tuple[Affine, float]],
    metrics: Mapping[str, float],
    provenance: Provenance,
) -> Alignment:
    """Return the record of a pair with several equally good placements.

    Parameters
    ----------
    pair : SlidePair
    prepared : PreparedPair
    placed : sequence of (Affine, float)
        ``target_from_source`` in working pixels and score of each placement, best first.
    metrics : mapping
    provenance : Provenance
    """
    source, target = tissue_outline(prepared.source), tissue_outline(prepared.target)
    text = (
        f"The source fits {len(placed)} places of the target equally well, as with repeated levels "
        "of a block; give a region of interest on the target to choose one."
    )
    return Alignment(
        pair=pair,
        outcome=Outcome.AMBIGUOUS,
        transform=Piecewise((), polygons_of(source), polygons_of(target)),
        risk=Risk(1.0, (Reason("several-placements", text, 1.0),)),
        quality=Quality({"placements_count": float(len(placed)), **metrics}),
        tissue_source=source,
        tissue_target=target,
        placements=placements_of(placed, prepared.source, prepared.target),
        provenance=provenance,
    )


def tissue_outline(section: Section) -> Outline:
    """Return all tissue of a section, level-0 pixels."""
    if section.is_empty:
        return MultiPolygon()
    return outline_of(section.mask > 0.5, section.slide_from_working)
