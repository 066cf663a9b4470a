"""One pair: aligned, and failures planted in it, each judged without its truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.failures.planting import plant
from sar_models.benchmark.truth import truth_errors
from sar_models.engine.judged import judge
from sar_models.engine.options import AlignOptions
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.run import Run
from sar_models.engine.search import find_placements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.benchmark.failures.subjects import Subject


@dataclass(frozen=True)
class Judgement:
    """What was said about a registration, and how wrong it is.

    Parameters
    ----------
    pair : str
    kind : str
        See `sar_models.benchmark.failures.planting.Plant`.
    error_share : float
        Median error at the landmarks, share of the target's diagonal (rTRE).
    risk : float
    metrics : mapping of str to float
        Figures that the risk was made of.
    """

    pair: str
    kind: str
    error_share: float
    risk: float
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FailureTrial:
    """A pair in which failures are planted; small, it is sent to a worker."""

    subject: Subject
    seed: int

    def run(self) -> tuple[Judgement, ...]:
        """Align, plant, judge; nothing where no placement was found at all."""
        rng = np.random.default_rng(self.seed)
        with self.subject.opened() as known:
            run = Run(known.source, known.target, AlignOptions(device="cpu"), _silent)
            prepared = prepare_pair(known.source, known.target, run.mpps, run.options)
            found = find_placements(prepared, run.options, run.search, run.device, _silent)
            if found.ranking is None:
                return ()
            judgements = []
            for planted in plant(run, prepared, found.ranking.best[0], found.ranking.alone, rng):
                judged = judge(run, prepared, planted.registered, planted.lead)
                errors = truth_errors(
                    judged.mapped.transform.map(known.points), known.truth, known.target.info
                )
                evidence = judged.evidence
                judgements.append(
                    Judgement(
                        self.subject.name,
                        planted.kind,
                        errors.median_share,
                        judged.risk.score,
                        {
                            **judged.quality.metrics,
                            "margin": evidence.margin,
                            "ratio": evidence.ratio,
                            "support": evidence.support,
                            "agreement": evidence.agreement,
                            "paired_share": judged.counterparts.source_share,
                        },
                    )
                )
            return tuple(judgements)


def _silent(*_: object) -> None:
    """Report nothing."""
