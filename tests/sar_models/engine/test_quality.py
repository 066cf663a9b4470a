"""Figures of a registered pair."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sar_models.domain.transforms import Affine
from sar_models.engine.anchors import BlockMatcher
from sar_models.engine.canonical import canonical_pair
from sar_models.engine.contrast import shift_contrast
from sar_models.engine.quality import common_share
from sar_models.engine.refinement import Field
from sar_models.engine.registered import Fitted, with_field
from sar_models.engine.section import Section

CPU = torch.device("cpu")


def _section(tissue: np.ndarray) -> Section:
    rng = np.random.default_rng(0)
    texture = rng.random(tissue.shape, dtype=np.float32) * tissue
    return Section(tissue, texture, texture, np.ones_like(tissue), tissue, Affine.identity())


@pytest.mark.parametrize(
    ("lost_rows", "expected"), [(0, 1.0), (40, 0.5)], ids=["a part of much", "half of as much"]
)
def test_tissue_in_common_is_counted_against_the_slide_that_has_less(
    lost_rows: int, expected: float
) -> None:
    source = np.zeros((200, 200), dtype=np.float32)
    source[20:100, 60:140] = 1.0
    target = source.copy()
    target[20 : 20 + lost_rows, 60:140] = 0.0
    target[110:190, 60:140] = 1.0
    pair = canonical_pair(_section(source), _section(target), Affine.identity(), "density")
    both = pair.source_mask * pair.target_mask
    fitted = Fitted(
        pair,
        shift_contrast(pair.source, pair.target, both, CPU),
        BlockMatcher().match(pair.source, pair.target, both),
    )
    still = with_field(fitted, Field(np.zeros((4, 4, 2)), pair.shape), CPU)
    assert common_share(still, _section(target)) == pytest.approx(expected, abs=0.05)
