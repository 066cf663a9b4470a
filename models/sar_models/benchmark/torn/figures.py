"""Results as JSON values: a short form for a line, a full one for a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sar_models.benchmark.torn.results import BrokenPair
from sar_models.benchmark.torn.targets import targets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.benchmark.torn.abstention import Abstention
    from sar_models.benchmark.torn.overlap import Overlap
    from sar_models.benchmark.torn.results import TornResult
    from sar_models.benchmark.torn.score import PointErrors
    from sar_models.benchmark.torn.summary import SetSummary
    from sar_models.benchmark.torn.targets import SetKind

_DECIMALS = 4


def all_figures(
    kind: SetKind,
    summary: SetSummary,
    results: Sequence[TornResult | BrokenPair],
    *,
    full: bool,
) -> dict[str, Any]:
    """Return all figures of a set and of its pairs.

    Parameters
    ----------
    kind : {"generated", "real"}
    summary : SetSummary
        Of the pairs that were aligned.
    results : sequence of TornResult or BrokenPair
    full : bool
        Whether every single cell and point is listed too.
    """
    broken = sum(isinstance(result, BrokenPair) for result in results)
    return {
        "kind": kind,
        "set": asdict(summary) | {"abstention": _abstention(summary.abstention)},
        "broken": broken,
        "targets": [asdict(t) | {"met": t.met} for t in targets_of(summary, kind, broken)],
        "pairs": [_pair(result, full=full) for result in results],
    }


def _pair(result: TornResult | BrokenPair, *, full: bool) -> dict[str, Any]:
    if isinstance(result, BrokenPair):
        return asdict(result)
    score, ceilings = result.score, result.ceilings
    return {
        "name": result.name,
        "outcome": score.outcome,
        "risk": score.risk,
        "surviving": score.surviving,
        "found": score.found,
        "false_pieces": score.false_pieces,
        "cells": _overlap(score.cells, full=full),
        "tissue": _errors(score.tissue, full=full),
        "landmarks": _errors(score.landmarks, full=full),
        "abstention": _abstention(score.abstention),
        "pieces": [asdict(piece) for piece in score.pieces],
        "fragments": [asdict(fragment) for fragment in score.fragments],
        "ceilings": None
        if ceilings is None
        else {
            name: _overlap(getattr(ceilings, name), full=full)
            for name in ("affine", "affine_per_piece", "spline_per_piece", "sift")
        },
        "run": asdict(result.run),
    }


def _overlap(overlap: Overlap, *, full: bool) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "count": len(overlap.iou),
        "miou": overlap.miou,
        "mdice": overlap.mdice,
    }
    return figures | ({"iou": _rounded(overlap.iou)} if full else {})


def _errors(errors: PointErrors, *, full: bool) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "count": len(errors.px),
        "median_px": errors.median_px,
        "near": errors.near,
        "wrong": errors.wrong,
    }
    return figures | ({"px": _rounded(errors.px)} if full else {})


def _abstention(abstention: Abstention) -> dict[str, Any]:
    return asdict(abstention) | {
        "foreign_mapped": abstention.foreign_mapped,
        "precision": abstention.precision,
        "recall": abstention.recall,
    }


def _rounded(values: tuple[float, ...]) -> list[float]:
    return [round(value, _DECIMALS) for value in values]
