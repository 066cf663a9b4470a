from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tiffslide

from sar_models.domain.errors import OptionError
from sar_models.synthesis import GeneratedPair, PyramidOptions, write_scaled_pair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("megapixels", [0.02, 2.0])
def test_scaled_pairs_keep_tissue_and_truth(
    tmp_path: Path, small_pair: GeneratedPair, megapixels: float
) -> None:
    scaled = write_scaled_pair(tmp_path, small_pair, megapixels, PyramidOptions("aperio"))
    with tiffslide.TiffSlide(scaled.source) as source, tiffslide.TiffSlide(scaled.target) as target:
        width, height = source.dimensions
        assert width * height == pytest.approx(megapixels * 1e6, rel=0.02)
        extent_um = np.array([width * scaled.source_mpp.x, height * scaled.source_mpp.y])
        expected = small_pair.source.size.as_array() * small_pair.source.mpp.mean
        np.testing.assert_allclose(extent_um, expected, rtol=1e-9)
        assert float(source.properties["tiffslide.mpp-x"]) == pytest.approx(
            scaled.source_mpp.mean, rel=1e-4
        )
        factor = np.array(source.dimensions) / small_pair.source.size.as_array()
        back = np.array(target.dimensions) / small_pair.target.size.as_array()
        mapped = scaled.truths[0].map(small_pair.landmarks * factor)
        np.testing.assert_allclose(mapped, small_pair.target_landmarks() * back, atol=1e-6)


def test_a_size_of_nothing_is_refused(tmp_path: Path, small_pair: GeneratedPair) -> None:
    with pytest.raises(OptionError, match="megapixels"):
        write_scaled_pair(tmp_path, small_pair, 0.0)
    assert not list(tmp_path.iterdir())
