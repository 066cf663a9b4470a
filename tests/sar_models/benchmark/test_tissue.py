"""The grid on which derivatives are compared lies on tissue."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.benchmark.tissue import tissue_grid


@pytest.mark.parametrize(("width", "height"), [(640, 480), (333, 777), (70, 50)])
def test_points_lie_on_tissue_only(width: int, height: int) -> None:
    image = np.full((height, width, 3), 243, dtype=np.uint8)
    x0, x1, y0, y1 = width // 4, width // 2, height // 3, 2 * height // 3
    image[y0:y1, x0:x1] = (200, 120, 170)
    grid = tissue_grid(image)
    step = -(-max(width, height) // 64)
    assert ((grid >= [x0 - step, y0 - step]) & (grid <= [x1 + step, y1 + step])).all()
    area = (x1 - x0) * (y1 - y0)
    assert len(grid) == pytest.approx(area / step**2, rel=0.25)


def test_grey_glass_is_no_tissue() -> None:
    assert len(tissue_grid(np.full((100, 200, 3), 225, dtype=np.uint8))) == 0
