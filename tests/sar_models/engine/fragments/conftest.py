"""Sections made by hand: what their pieces are and where they lie is plain to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.ambiguity import Lead, Ranking
from sar_models.engine.anchors import BlockMatches
from sar_models.engine.canonical import canonical_pair
from sar_models.engine.contrast import ShiftContrast
from sar_models.engine.fragments.hypothesis import Hypothesis, Sections
from sar_models.engine.fragments.placed import Placed, around
from sar_models.engine.placing import Candidate
from sar_models.engine.poses import Pose
from sar_models.engine.quality import weigh
from sar_models.engine.refinement import Field
from sar_models.engine.registered import Registered
from sar_models.engine.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.engine.section import Channel

    Mask = NDArray[np.bool_]

SIDE = 200
LEAD = Lead(1.5, 1.3, True)
FIT = ShiftContrast(
    0.6, 0.3, 0.2, np.full((8, 8), 0.3, np.float32), np.ones((8, 8), dtype=np.float32)
)
NO_MATCHES = BlockMatches(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), 20.0)


@pytest.fixture(scope="session")
def disc() -> Callable[..., Mask]:
    """Draw a disc on a square picture."""

    def draw(x: float, y: float, radius: float, side: int = SIDE) -> Mask:
        rows, columns = np.mgrid[0:side, 0:side] + 0.5
        return np.asarray((columns - x) ** 2 + (rows - y) ** 2 <= radius**2)

    return draw


@pytest.fixture(scope="session")
def section() -> Callable[..., Section]:
    """Make a section of a mask, evenly stained; its cracks are given apart."""

    def make(mask: Mask, cracked: Mask | None = None) -> Section:
        tissue = mask.astype(np.float32)
        whole = np.ones_like(tissue)
        shown = tissue if cracked is None else cracked.astype(np.float32)
        return Section(tissue, 0.5 * tissue, 0.5 * tissue, whole, shown, Affine.identity())

    return make


@pytest.fixture(scope="session")
def supposed() -> Callable[..., Hypothesis]:
    """Suppose that a piece lies in one place, or in several; the first is the best."""

    def make(
        side: Literal["source", "target"],
        piece: Mask,
        *other_from_side: Affine,
        channel: Channel = "haematoxylin",
    ) -> Hypothesis:
        best = tuple(
            Candidate(placed, Pose(placed, 0.5, 0.5), FIT, channel) for placed in other_from_side
        )
        return Hypothesis(side, piece, Ranking(best, LEAD, LEAD), 0.5)

    return make


@pytest.fixture(scope="session")
def put() -> Callable[..., Placed]:
    """Place a piece just where it is supposed to be, by a field that moves nothing."""

    def place(sections: Sections, hypothesis: Hypothesis) -> Placed:
        source, target = around(sections, hypothesis)
        pair = canonical_pair(source, target, hypothesis.target_from_source)
        field = Field(np.zeros((4, 4, 2)), pair.shape)
        registered = Registered(pair, field, pair.target_mask, FIT, FIT, NO_MATCHES, NO_MATCHES)
        return Placed(hypothesis, source, target, registered, weigh(LEAD, 0.5))

    return place
