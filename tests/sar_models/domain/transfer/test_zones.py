"""Which part of a slide follows which fragment."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Polygon

from sar_models.domain.transfer.zones import Zones
from sar_models.domain.transforms import Affine, Fragment, Piecewise


@pytest.mark.parametrize("seed", range(8))
def test_torn_edges_may_differ_in_the_last_bits(seed: int) -> None:
    random = np.random.default_rng(seed)
    y = np.linspace(0.0, 600.0, 30)
    tear = np.column_stack([400.0 + random.uniform(-30, 30, 30), y])
    left = Polygon([(0, 0), *tear, (0, 600)])
    other = tear + random.choice([-2.3e-13, 0.0, 2.3e-13], tear.shape)
    right = Polygon([(800, 0), *other, (800, 600)])
    fragments = tuple(
        Fragment(name, outline, outline, Affine.identity(), confidence)
        for name, outline, confidence in (("left", left, 0.9), ("right", right, 0.8))
    )
    zones = Zones(Piecewise(fragments, reach_source_px=100.0))
    both = zones.areas((0, 1), alone=False)
    # Half of the glass around all of it is nearer to each: nothing is lost, nothing is shared.
    assert both[0].area + both[1].area == pytest.approx(
        800 * 600 + 2 * 100 * (800 + 600) + np.pi * 100**2, rel=0.01
    )
    assert both[0].intersection(both[1]).area < 1.0
