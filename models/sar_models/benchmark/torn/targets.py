"""What torn pairs have to show, and whether a set shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sar_models.benchmark.torn.summary import SetSummary

SetKind = Literal["generated", "real"]

OF_CEILING = 0.85
"""Share of the spline-per-piece ceiling that the cells have to reach."""

_MEMORY_MB = 4 * 2**30 / 1e6


@dataclass(frozen=True)
class Target:
    """One figure with its bound.

    Parameters
    ----------
    name : str
        What it is, for people.
    value : float
    bound : float
    at_least : bool
        Whether the bound is a least or a most.
    unit : {"", "%", "s", "MB", "pairs"}
        ``%``: value and bound are shares.
    """

    name: str
    value: float
    bound: float
    at_least: bool
    unit: Literal["", "%", "s", "MB", "pairs"] = ""

    @property
    def met(self) -> bool:
        """Whether the value keeps the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def targets_of(summary: SetSummary, kind: SetKind, broken: int = 0) -> list[Target]:
    """Return the targets of a kind of set; those against ceilings only where these are known.

    Parameters
    ----------
    summary : SetSummary
        Of the pairs that were aligned.
    kind : {"generated", "real"}
    broken : int
        Pairs that ended with an error: they are in no mean, so they count here.
    """
    targets = [Target("pieces found", _share(summary.found, summary.surviving), 0.95, True, "%")]
    if kind == "generated":
        silence = summary.abstention
        targets += [
            Target("foreign tissue mapped", silence.foreign_mapped or 0.0, 0.01, False, "%"),
            Target("abstention, precision", _or_one(silence.precision), 0.9, True),
            Target("abstention, recall", _or_one(silence.recall), 0.9, True),
        ]
    else:
        targets.append(Target("landmarks within 2 %", summary.landmarks_near, 0.95, True, "%"))
    targets += [
        Target("CPU seconds, most", summary.most_cpu_seconds, 40.0, False, "s"),
        Target("peak memory, most", summary.most_memory_mb, _MEMORY_MB, False, "MB"),
        Target("ended with an error", broken, 0.0, False, "pairs"),
    ]
    return [*_against_ceilings(summary, kind), *targets]


def _against_ceilings(summary: SetSummary, kind: SetKind) -> list[Target]:
    ceilings = summary.ceilings
    if ceilings is None:
        return []
    bound = OF_CEILING * ceilings.spline_per_piece
    targets = [Target("cell mIoU (85 % of the spline per piece)", summary.miou, bound, True)]
    if kind == "generated":
        targets += [
            Target("difficulty: best single affine", ceilings.affine, 0.45, False),
            Target("difficulty: SIFT and affine", ceilings.sift, 0.2, False),
        ]
    return targets


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _or_one(share: float | None) -> float:
    """Return a share, 1 where there was nothing to get wrong."""
    return 1.0 if share is None else share
