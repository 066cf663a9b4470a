"""Align two slides: from pixels to an :class:`~sar_models.domain.alignment.Alignment`."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import torch

from sar_models.__about__ import __version__
from sar_models.domain.alignment import (
    Alignment,
    Anchors,
    Outcome,
    Quality,
    polygons_of,
)
from sar_models.domain.provenance import Provenance
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Fragment, Piecewise
from sar_models.engine.counterparts import find_counterparts
from sar_models.engine.device import choose_device
from sar_models.engine.expected_error import confidence, expected_error
from sar_models.engine.failures import no_match, no_tissue, several_matches, tissue_outline
from sar_models.engine.fixed_points import through_landmarks
from sar_models.engine.maps import field_map
from sar_models.engine.outlines import outline_of
from sar_models.engine.poses import DensePoseSearch
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.quality import (
    ALIGNED_FROM,
    PARTIAL_FROM,
    measure,
    verified_share,
    weigh,
)
from sar_models.engine.refinement import FieldRefiner
from sar_models.engine.registered import FIELD_TOLERANCE, register
from sar_models.engine.risk import assess
from sar_models.engine.search import find_placements

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Risk
    from sar_models.domain.geometry import Mpp
    from sar_models.domain.slides import Slide
    from sar_models.engine.counterparts import Counterparts
    from sar_models.engine.maps import FieldMap
    from sar_models.engine.options import AlignOptions
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.protocols import PoseSearch, Refiner
    from sar_models.engine.quality import Evidence
    from sar_models.engine.registered import Registered

_MIN_PAIRED_SHARE = 0.5
_MIN_LEVEL_SUPPORT = 0.3
"""Repeated levels of a block are true matches: their blocks agree as those of any other."""
_MIN_VERIFIED_SHARE = 0.3
_REACH_SHARE = 0.06
"""Reach on glass where micrometres are not known: a share of the tissue's long side."""


def align(
    source: Slide,
    target: Slide,
    options: AlignOptions,
    progress: Callable[[str, float], None] | None = None,
) -> Alignment:
    """Align the source slide to the target slide.

    Parameters
    ----------
    source, target : Slide
        Open slides; only the pyramid level that registration needs is read, in strips.
    options : AlignOptions
    progress : callable or None
        Called with the name of the stage and the fraction of all work done.

    Returns
    -------
    Alignment
        Complete also when the slides could not be aligned: then its outcome is ``failed``.

    Raises
    ------
    SlideError
        If pixels cannot be read.
    OptionError
        If an option does not fit the slides or this machine.
    """
    run = _Run(source, target, options, progress or _silent)
    return run.finished(run.align())


def _silent(stage: str, done: float) -> None:
    """Report nothing."""


@dataclass
class _Run:
    """One alignment in the making."""

    source: Slide
    target: Slide
    options: AlignOptions
    progress: Callable[[str, float], None]
    search: PoseSearch = DensePoseSearch()  # noqa: RUF009 - frozen, shared safely
    refiner: Refiner = FieldRefiner()  # noqa: RUF009 - frozen, shared safely

    def __post_init__(self) -> None:
        self.started = time.perf_counter()
        self.device = choose_device(self.options.device)
        torch.manual_seed(self.options.seed)
        self.mpps = (
            self.options.source_mpp or self.source.info.mpp,
            self.options.target_mpp or self.target.info.mpp,
        )
        self.pair = SlidePair(
            self.source.info.with_mpp(self.mpps[0]), self.target.info.with_mpp(self.mpps[1])
        )

    def align(self) -> Alignment:
        """Return the alignment, its running time still missing."""
        self.progress("reading slides", 0.0)
        prepared = prepare_pair(self.source, self.target, self.mpps, self.options)
        if prepared.source.is_empty or prepared.target.is_empty:
            return no_tissue(self.pair, prepared, self.provenance())
        self.progress("searching the pose", 0.1)
        found = find_placements(
            prepared,
            self.options,
            self.search,
            self.device,
            lambda done: self.progress("searching the pose", 0.1 + 0.5 * done),
        )
        ranking = found.ranking
        if ranking is None:
            return no_match(self.pair, prepared, None, Quality(), self.provenance())
        self.progress("refining", 0.65)
        registered = register(
            prepared.source,
            prepared.target,
            ranking.best[0].target_from_source,
            self.device,
            self.refiner,
            ranking.best[0].channel,
        )
        support = registered.affine_support
        if len(ranking.best) > 1 and not found.from_landmarks:
            as_levels = weigh(ranking.together, support)
            if as_levels.total >= ALIGNED_FROM and support >= _MIN_LEVEL_SUPPORT:
                return several_matches(self.pair, prepared, ranking, self.provenance())
        evidence = weigh(ranking.alone, support)
        self.progress("measuring", 0.9)
        mapped = self._map(prepared, registered)
        quality = measure(registered, ranking.alone, evidence, mapped)
        parts = find_counterparts(registered, prepared.source, prepared.target)
        risk = assess(quality.metrics, evidence, parts.source_share)
        outcome = self._outcome(evidence, registered, parts, found.from_landmarks)
        if outcome is Outcome.FAILED:
            return no_match(self.pair, prepared, risk, quality, self.provenance())
        return self._aligned(prepared, registered, mapped, parts, outcome, quality, risk, evidence)

    def _outcome(
        self,
        evidence: Evidence,
        registered: Registered,
        parts: Counterparts,
        from_landmarks: bool,
    ) -> Outcome:
        if not parts.source.any() or not parts.target.any():
            return Outcome.FAILED
        verified = verified_share(registered) >= _MIN_VERIFIED_SHARE
        if from_landmarks:
            # Somebody vouches for the pose; the pictures only say how far to trust the rest.
            return Outcome.ALIGNED if verified else Outcome.PARTIAL
        if evidence.total < PARTIAL_FROM:
            return Outcome.FAILED
        whole = parts.source_share >= _MIN_PAIRED_SHARE and verified
        return Outcome.ALIGNED if whole and evidence.is_sufficient else Outcome.PARTIAL

    def _map(self, prepared: PreparedPair, registered: Registered) -> FieldMap:
        reach_px = self._reach_working_px(prepared) * registered.pair.canonical_from_source.scale
        mapped = field_map(registered, prepared.source, prepared.target, 1.5 * reach_px)
        if self.options.landmarks is None:
            return mapped
        return through_landmarks(mapped, *self.options.landmarks)

    def _reach_working_px(self, prepared: PreparedPair) -> float:
        """Return the reach on glass in source working pixels."""
        mpp: Mpp | None = self.mpps[0]
        if mpp is None:
            return _REACH_SHARE * prepared.source.extent_px
        return self.options.glass_reach_um / mpp.mean / prepared.source.slide_from_working.scale

    def _aligned(
        self,
        prepared: PreparedPair,
        registered: Registered,
        mapped: FieldMap,
        parts: Counterparts,
        outcome: Outcome,
        quality: Quality,
        risk: Risk,
        evidence: Evidence,
    ) -> Alignment:
        source_px, target_px = (
            prepared.source.slide_from_working,
            prepared.target.slide_from_working,
        )
        anchors = _anchors(registered, mapped)
        fragment = Fragment(
            "whole",
            outline_of(parts.source, source_px),
            outline_of(parts.target, target_px),
            mapped.transform,
            evidence.probability,
            int(anchors.inlier.sum()),
            quality.metrics["median_residual_px"],
        )
        reach_px = self._reach_working_px(prepared) * source_px.scale
        to_target = mapped.target_from_canonical.scale * mapped.canonical_from_source.scale
        return Alignment(
            pair=self.pair,
            outcome=outcome,
            transform=Piecewise(
                (fragment,),
                polygons_of(outline_of(parts.unpaired_source, source_px)),
                polygons_of(outline_of(parts.unpaired_target, target_px)),
                reach_px,
                reach_px * to_target,
            ),
            risk=risk,
            anchors=anchors,
            quality=quality,
            sigma=expected_error(registered, prepared.source, target_px),
            confidence=confidence(registered, prepared.source, evidence.probability),
            tissue_source=tissue_outline(prepared.source),
            tissue_target=tissue_outline(prepared.target),
            provenance=self.provenance(),
        )

    def provenance(self) -> Provenance:
        """Return what is known before the run ends."""
        return Provenance(
            versions={
                "sar-align": __version__,
                "torch": str(torch.__version__),
                "numpy": np.__version__,
            },
            options=self.options.to_record(),
            seed=self.options.seed,
            device=self.device.type,
            slides={
                "source": self.source.info.checksum,
                "target": self.target.info.checksum,
            },
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            parent=self.options.parent,
            landmarks=self.options.landmarks_sha256,
        )

    def finished(self, alignment: Alignment) -> Alignment:
        """Return the alignment with its running time."""
        self.progress("aligned", 1.0)
        seconds = time.perf_counter() - self.started
        return replace(alignment, provenance=replace(alignment.provenance, seconds=seconds))


def _anchors(registered: Registered, mapped: FieldMap) -> Anchors:
    """Return the blocks as anchors between the slides."""
    matches = registered.matches
    inlier = matches.agreeing(FIELD_TOLERANCE * registered.pair.long_side_px)
    # The blocks were matched on the target as the field shows it.
    on_target = mapped.displacement.map_extended(matches.centres + matches.shifts)
    return Anchors(
        mapped.canonical_from_source.inverse().map(matches.centres),
        mapped.target_from_canonical.map(on_target),
        inlier,
        np.where(inlier, 0, -1).astype(np.intp),
    )
