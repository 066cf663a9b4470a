"""Tissue that has a counterpart, and tissue that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.anchors import BlockMatches
from sar_models.engine.canonical import canonical_pair
from sar_models.engine.contrast import ShiftContrast
from sar_models.engine.counterparts import Counterparts, find_counterparts
from sar_models.engine.refinement import Field
from sar_models.engine.registered import Registered
from sar_models.engine.section import Section

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

SIDE = 300
NOT_MEASURED = ShiftContrast(
    0.0, 0.0, 0.0, np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32)
)
NO_MATCHES = BlockMatches(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), 1.0)


def oval(x: float = 150, y: float = 150, width: float = 110, height: float = 80) -> Mask:
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    return np.asarray(((columns - x) / width) ** 2 + ((rows - y) / height) ** 2 <= 1)


def section(mask: Mask, known: Mask | None = None) -> Section:
    tissue = mask.astype(np.float32)
    seen = np.ones_like(tissue) if known is None else known.astype(np.float32)
    return Section(tissue, tissue, tissue, seen, tissue, Affine.identity())


def paired(
    source: Section, target: Section, placed: Affine | None = None, shift_px: float = 0.0
) -> Counterparts:
    """Pair two sections under a placement and a field that moves everything to the right."""
    pair = canonical_pair(source, target, placed or Affine.identity())
    nodes = np.zeros((4, 4, 2))
    nodes[..., 0] = shift_px
    field = Field(nodes, pair.shape)
    columns = np.arange(pair.shape[1]) + round(shift_px)
    inside = (columns >= 0) & (columns < pair.shape[1])
    pulled = np.where(inside, pair.target_mask[:, columns * inside], 0).astype(np.float32)
    registered = Registered(pair, field, pulled, NOT_MEASURED, NOT_MEASURED, NO_MATCHES, NO_MATCHES)
    return find_counterparts(registered, source, target)


def share(part: Mask, of: Mask) -> float:
    return float((part & of).sum() / of.sum())


def test_all_tissue_of_alike_sections_is_paired() -> None:
    found = paired(section(oval()), section(oval()))
    np.testing.assert_array_equal(found.source, oval())
    np.testing.assert_array_equal(found.target, oval())
    assert not found.unpaired_source.any()
    assert not found.unpaired_target.any()
    assert found.source_share == 1


@pytest.mark.parametrize("shift_px", [0.0, 7.0])
def test_half_of_the_source_that_the_target_has_lost_is_unpaired(shift_px: float) -> None:
    left = oval()
    left[:, 150:] = False
    on_target = np.roll(left, round(shift_px), axis=1)
    found = paired(section(oval()), section(on_target), shift_px=shift_px)
    lost = oval() & ~left
    assert share(found.unpaired_source, lost) > 0.95
    assert share(found.unpaired_source, left) < 0.03
    np.testing.assert_array_equal(found.source ^ found.unpaired_source, oval())
    np.testing.assert_array_equal(found.target, on_target)
    assert 0.45 < found.source_share < 0.55


@pytest.mark.parametrize("shift_px", [0.0, 7.0])
def test_half_of_the_target_that_the_source_has_lost_is_unpaired(shift_px: float) -> None:
    left = oval()
    left[:, 150:] = False
    target = np.roll(oval(), round(shift_px), axis=1)
    found = paired(section(left), section(target), shift_px=shift_px)
    lost = np.roll(oval() & ~left, round(shift_px), axis=1)
    assert share(found.unpaired_target, lost) > 0.95
    assert share(found.unpaired_target, target & ~lost) < 0.03
    np.testing.assert_array_equal(found.target ^ found.unpaired_target, target)
    np.testing.assert_array_equal(found.source, left)
    assert found.source_share == 1


def test_tissue_that_the_edge_of_the_picture_cuts_off_is_paired() -> None:
    # The target shows the source's left half up to its picture's edge.
    placed = Affine.translation((150.0, 0.0))
    target = np.zeros((SIDE, SIDE), dtype=np.bool_)
    target[:, 150:] = oval()[:, :150]
    found = paired(section(oval()), section(target), placed)
    np.testing.assert_array_equal(found.source, oval())
    assert found.source_share == 1


def test_tissue_under_ink_or_padding_is_paired() -> None:
    left = oval()
    left[:, 150:] = False
    known = np.ones_like(left)
    known[:, 150:] = False
    found = paired(section(oval()), section(left, known))
    np.testing.assert_array_equal(found.source, oval())


def test_a_ragged_edge_is_part_of_what_is_paired() -> None:
    trimmed = oval(width=106, height=76)
    for source, target in ((oval(), trimmed), (trimmed, oval())):
        found = paired(section(source), section(target))
        np.testing.assert_array_equal(found.source, source)
        np.testing.assert_array_equal(found.target, target)


def test_holes_of_one_side_are_no_lost_tissue() -> None:
    pierced = oval() & ~oval(width=30, height=30)
    for source, target in ((oval(), pierced), (pierced, oval())):
        found = paired(section(source), section(target))
        np.testing.assert_array_equal(found.source, source)
        np.testing.assert_array_equal(found.target, target)


def test_a_control_beside_the_section_is_unpaired() -> None:
    control = oval(270, 30, 25, 25)
    for source, target in ((oval() | control, oval()), (oval(), oval() | control)):
        found = paired(section(source), section(target))
        np.testing.assert_array_equal(found.source, oval())
        np.testing.assert_array_equal(found.target, oval())
        np.testing.assert_array_equal(found.unpaired_source | found.unpaired_target, control)
