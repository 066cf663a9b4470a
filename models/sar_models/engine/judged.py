"""What a registered pair of intact sections amounts to: its map, figures, counterparts, risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.engine.counterparts import find_counterparts
from sar_models.engine.fixed_points import through_landmarks
from sar_models.engine.quality import measure, weigh
from sar_models.engine.risk import assess

if TYPE_CHECKING:
    from sar_models.domain.alignment import Quality, Risk
    from sar_models.engine.ambiguity import Lead
    from sar_models.engine.counterparts import Counterparts
    from sar_models.engine.maps import FieldMap
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.quality import Evidence
    from sar_models.engine.registered import Registered
    from sar_models.engine.run import Run


@dataclass(frozen=True, eq=False)
class Judged:
    """A registered pair, judged without any knowledge of the truth.

    Parameters
    ----------
    registered : Registered
    mapped : FieldMap
        Between the slides.
    evidence : Evidence
    quality : Quality
    counterparts : Counterparts
    risk : Risk
    """

    registered: Registered
    mapped: FieldMap
    evidence: Evidence
    quality: Quality
    counterparts: Counterparts
    risk: Risk


def judge(run: Run, prepared: PreparedPair, registered: Registered, lead: Lead) -> Judged:
    """Judge a registered pair.

    Parameters
    ----------
    run : Run
    prepared : PreparedPair
    registered : Registered
    lead : Lead
        Of its placement over all others.
    """
    evidence = weigh(lead, registered.affine_support)
    mapped = run.map_of(prepared, registered)
    if run.options.landmarks is not None:
        mapped = through_landmarks(mapped, *run.options.landmarks)
    quality = measure(registered, lead, evidence, mapped)
    parts = find_counterparts(registered, prepared.source, prepared.target)
    risk = assess(quality.metrics, evidence, parts.source_share)
    return Judged(registered, mapped, evidence, quality, parts, risk)
