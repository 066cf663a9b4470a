"""Intact tissue: one smooth map for the whole section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.alignment import Outcome, Quality
from sar_models.engine.assemble import Part, assemble
from sar_models.engine.failures import no_match, several_matches
from sar_models.engine.judged import judge
from sar_models.engine.quality import (
    ALIGNED_FROM,
    LEVEL_SUPPORT,
    PARTIAL_FROM,
    common_share,
    verified_share,
    weigh,
)
from sar_models.engine.registered import register
from sar_models.engine.search import find_placements

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.engine.judged import Judged
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.run import Run
    from sar_models.engine.section import Section

_MIN_PAIRED_SHARE = 0.5
_MIN_VERIFIED_SHARE = 0.3


def align_intact(run: Run, prepared: PreparedPair) -> Alignment:
    """Return the alignment of two sections by one smooth map; of any outcome.

    Parameters
    ----------
    run : Run
    prepared : PreparedPair
        Both sections with tissue.
    """
    found = find_placements(
        prepared, run.options, run.search, run.device, run.stage("searching the pose", 0.1, 0.6)
    )
    ranking = found.ranking
    if ranking is None:
        return no_match(run.pair, prepared, None, Quality(), run.provenance())
    run.progress("refining", 0.65)
    registered = register(
        prepared.source,
        prepared.target,
        ranking.best[0].target_from_source,
        run.device,
        run.refiner,
        ranking.best[0].channel,
    )
    support = registered.affine_support
    if len(ranking.best) > 1 and not found.from_landmarks:
        as_levels = weigh(ranking.together, support)
        if as_levels.total >= ALIGNED_FROM and support >= LEVEL_SUPPORT:
            return several_matches(
                run.pair,
                prepared,
                [(best.target_from_source, best.contrast) for best in ranking.best],
                {
                    "contrast_ratio": ranking.together.contrast_ratio,
                    "pose_margin": ranking.together.pose_margin,
                },
                run.provenance(),
            )
    run.progress("measuring", 0.9)
    judged = judge(run, prepared, registered, ranking.alone)
    outcome = _outcome(judged, prepared.target, found.from_landmarks)
    if outcome is Outcome.FAILED:
        return no_match(run.pair, prepared, judged.risk, judged.quality, run.provenance())
    parts = judged.counterparts
    whole = Part("whole", parts.source, parts.target, registered, judged.mapped, judged.evidence)
    unpaired = parts.unpaired_source, parts.unpaired_target
    return assemble(run, prepared, (whole,), unpaired, outcome, judged.quality, judged.risk)


def _outcome(judged: Judged, target: Section, from_landmarks: bool) -> Outcome:
    parts, evidence = judged.counterparts, judged.evidence
    if not parts.source.any() or not parts.target.any():
        return Outcome.FAILED
    verified = verified_share(judged.registered) >= _MIN_VERIFIED_SHARE
    if from_landmarks:
        # Somebody vouches for the pose; the pictures only say how far to trust the rest.
        return Outcome.ALIGNED if verified else Outcome.PARTIAL
    if evidence.total < PARTIAL_FROM:
        return Outcome.FAILED
    common = min(parts.source_share, common_share(judged.registered, target))
    whole = common >= _MIN_PAIRED_SHARE and verified
    return Outcome.ALIGNED if whole and evidence.is_sufficient else Outcome.PARTIAL
