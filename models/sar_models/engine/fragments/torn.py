"""Torn tissue: one smooth map for each piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.alignment import Outcome, Quality
from sar_models.engine.assemble import Part, assemble
from sar_models.engine.failures import no_match, several_matches
from sar_models.engine.fragments.assigner import Assigner
from sar_models.engine.fragments.assignment import whole_pieces
from sar_models.engine.fragments.figures import figures_of, part_metrics, risk_of
from sar_models.engine.fragments.hypothesis import SIDES, Sections, find_hypotheses, other
from sar_models.engine.fragments.pieces import MIN_SHARE, split_at_necks
from sar_models.engine.fragments.seams import seam_share
from sar_models.engine.fragments.territories import divide
from sar_models.engine.prepare import with_scenes
from sar_models.engine.scales import likely_scales

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Affine
    from sar_models.engine.fragments.assignment import Assignment
    from sar_models.engine.fragments.hypothesis import Side
    from sar_models.engine.fragments.placed import Placed
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.run import Run

    Mask = NDArray[np.bool_]

_MIN_PAIRED_SHARE = 0.5
_CLEAR_SUPPORT = 0.4
_SEAM_COST = 4.0
"""Tissue that seams along all outlines count for: pieces may touch here and there."""
_CLEAR_RATIO = 1.6


def align_torn(run: Run, prepared: PreparedPair) -> Alignment:
    """Return the alignment of two sections piece by piece; of any outcome.

    Parameters
    ----------
    run : Run
    prepared : PreparedPair
        Both sections with tissue.
    """
    prepared = with_scenes(prepared, run.see)
    run.progress("searching the scale", 0.1)
    sections = Sections(prepared.source, prepared.target, _scale(run, prepared))
    assigner = Assigner(
        run.piece_search,
        run.hard_piece_search,
        run.piece_refiner,
        run.device,
        run.stage("placing pieces", 0.15, 0.9),
    )
    work = assigner.assign(sections)
    run.progress("measuring", 0.9)
    ambiguous = _ambiguous_share(work)
    if ambiguous >= _MIN_PAIRED_SHARE:
        return several_matches(run.pair, prepared, _placements(work), {}, run.provenance())
    if not work.placed:
        return no_match(run.pair, prepared, None, Quality(), run.provenance())
    placed = sorted(work.placed, key=lambda piece: -int(piece.source_tissue.sum()))
    on_source, on_target = (divide(work, placed, side) for side in SIDES)
    parts = [
        _part(run, prepared, piece, index, on_source.pieces[index], on_target.pieces[index])
        for index, piece in enumerate(placed)
    ]
    alone = on_source.alone, on_target.alone
    figures = [part_metrics(part, piece) for part, piece in zip(parts, placed, strict=True)]
    seams = seam_share(parts, sections)
    return assemble(
        run,
        prepared,
        parts,
        alone,
        _outcome(parts, sections, seams),
        figures_of(parts, figures, alone, seams),
        risk_of(parts, figures, alone, seams),
    )


def _part(
    run: Run,
    prepared: PreparedPair,
    piece: Placed,
    index: int,
    source: Mask,
    target: Mask,
) -> Part:
    mapped = run.map_of(prepared, piece.registered)
    return Part(f"piece-{index + 1}", source, target, piece.registered, mapped, piece.evidence)


def _scale(run: Run, prepared: PreparedPair) -> float:
    """Return the scale that is known, or the likely one at which the largest piece is clearest."""
    if prepared.scale is not None:
        return prepared.scale
    scales = likely_scales(prepared.source, prepared.target)
    clearest, best = 0.0, scales[0]
    for scale in scales:
        sections = Sections(prepared.source, prepared.target, scale)
        side: Side = "target" if len(whole_pieces(sections, "target")) > 1 else "source"
        hypotheses = find_hypotheses(
            sections,
            side,
            whole_pieces(sections, side)[0],
            sections.tissue(other(side)),
            run.piece_search,
            run.device,
        )
        if not hypotheses:
            continue
        hypothesis = hypotheses[0]
        clearness = hypothesis.best.contrast * hypothesis.ranking.alone.contrast_ratio
        if clearness > clearest:
            clearest, best = clearness, scale
        if hypothesis.ranking.alone.contrast_ratio > _CLEAR_RATIO:
            break
    return best


def is_in_pieces(prepared: PreparedPair) -> bool:
    """Tell whether the tissue of either slide lies in several pieces."""
    sections = Sections(prepared.source, prepared.target, 1.0)
    return any(len(whole_pieces(sections, side)) > 1 for side in SIDES)


def has_necks(prepared: PreparedPair) -> bool:
    """Tell whether the tissue of either slide may be several pieces that touch."""
    sections = Sections(prepared.source, prepared.target, 1.0)
    return any(
        len(split_at_necks(sections.tissue(side), MIN_SHARE * float(sections.tissue(side).sum())))
        > 1
        for side in SIDES
    )


def _outcome(parts: Sequence[Part], sections: Sections, seams: float) -> Outcome:
    """Tell whether enough of the tissue was placed with enough evidence, and torn where it ends."""
    sure = [part for part in parts if part.evidence.is_sufficient]
    # A slide may hold much that the other one has lost: one of both has to be told.
    share = max(
        sum(_verified(part) * int(getattr(part, side).sum()) for part in sure)
        / max(int(sections.tissue(side).sum()), 1)
        for side in SIDES
    )
    told = share - _SEAM_COST * seams >= _MIN_PAIRED_SHARE
    return Outcome.ALIGNED if told else Outcome.PARTIAL


def _verified(part: Part) -> float:
    """Return how far a piece counts: fully where its blocks agree as those of clear ones do."""
    return min(part.registered.affine_support / _CLEAR_SUPPORT, 1.0)


def _ambiguous_share(work: Assignment) -> float:
    """Return how much of the tissue that found a place found several."""
    rivals = {index for conflict in work.conflicts for index in conflict.rivals}
    several = [*work.levels, *(conflict.hypothesis for conflict in work.conflicts)]
    areas = [int(piece.hypothesis.piece.sum()) for piece in work.placed]
    ambiguous = sum(int(hypothesis.piece.sum()) for hypothesis in several)
    found = sum(areas) + ambiguous
    ambiguous += sum(areas[index] for index in rivals)
    return ambiguous / found if found else 0.0


def _placements(work: Assignment) -> list[tuple[Affine, float]]:
    """Return the placements that rival each other, of the largest piece that has several."""
    if not work.conflicts:
        level = max(work.levels, key=lambda hypothesis: int(hypothesis.piece.sum()))
        return [(level.under(best), best.contrast) for best in level.ranking.best]
    largest = max(work.conflicts, key=lambda conflict: int(conflict.hypothesis.piece.sum()))
    rivals = [work.placed[index].hypothesis for index in largest.rivals]
    return [
        (hypothesis.target_from_source, hypothesis.best.contrast)
        for hypothesis in [*rivals, largest.hypothesis]
    ]
