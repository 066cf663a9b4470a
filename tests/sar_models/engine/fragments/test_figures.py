"""Figures and risk of pieces: what seams add to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.assemble import Part
from sar_models.engine.fragments.figures import MOST_SEAMS, figures_of, part_metrics, risk_of
from sar_models.engine.fragments.hypothesis import Sections
from sar_models.engine.maps import field_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Measured = tuple[list[Part], list[Mapping[str, float]], tuple[Mask, Mask]]


@pytest.fixture
def measured(
    section: Callable[..., Any],
    disc: Callable[..., Mask],
    supposed: Callable[..., Any],
    put: Callable[..., Any],
) -> Measured:
    """Two pieces that take all tissue, their figures, and what is left."""
    masks = disc(60, 100, 40), disc(150, 100, 30)
    tissue = section(masks[0] | masks[1])
    parts, figures = [], []
    for index, mask in enumerate(masks):
        piece = put(Sections(tissue, tissue, 1.0), supposed("source", mask, Affine.identity()))
        mapped = field_map(piece.registered, piece.source, piece.target, 10.0)
        name = f"piece-{index + 1}"
        parts.append(Part(name, mask, mask, piece.registered, mapped, piece.evidence))
        figures.append(part_metrics(parts[-1], piece))
    nothing = np.zeros_like(masks[0])
    return parts, figures, (nothing, nothing)


def test_seams_are_a_figure_of_all_pieces(measured: Measured) -> None:
    metrics = figures_of(*measured, 0.3).metrics
    assert metrics["seam_share"] == 0.3
    assert metrics["pieces"] == 2
    assert metrics["paired_source_share"] == metrics["paired_target_share"] == 1


def test_seams_of_pieces_that_just_touch_are_no_risk(measured: Measured) -> None:
    without, few = (risk_of(*measured, seams) for seams in (0.0, MOST_SEAMS))
    assert few == without
    assert "seams" not in {reason.code for reason in few.reasons}


def test_more_seams_are_a_high_risk_and_the_reason_names_their_share(measured: Measured) -> None:
    without, many = (risk_of(*measured, seams) for seams in (0.0, 0.43))
    assert many.score > without.score
    assert many.score >= 0.5
    (reason,) = (reason for reason in many.reasons if reason.code == "seams")
    assert "43%" in reason.text
    weights = [reason.weight for reason in many.reasons]
    assert weights == sorted(weights, reverse=True)
