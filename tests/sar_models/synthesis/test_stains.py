from __future__ import annotations

import numpy as np
import pytest

from sar_models.domain.errors import OptionError
from sar_models.synthesis import STAINS
from sar_models.synthesis.imaging import draw_look, photograph, through_jpeg
from sar_models.synthesis.raster import FULL
from sar_models.synthesis.stains import Stain, stain_named
from sar_models.synthesis.tissue import COMPONENTS


def _photo(stain: Stain, component: str, amount: float, seed: int = 1) -> np.ndarray:
    planes = {name: np.zeros((48, 64), dtype=np.uint8) for name in COMPONENTS}
    planes[component][:] = int(amount * FULL)
    return photograph(planes, stain, draw_look(seed, stain, jpeg=False), seed)


@pytest.mark.parametrize("stain", STAINS.values(), ids=list(STAINS))
def test_glass_is_bright_and_every_uptake_darkens(stain: Stain) -> None:
    assert stain.components <= set(COMPONENTS)
    glass = _photo(stain, "chromatin", 0.0).mean()
    assert glass > 215
    for component in stain.components:
        assert _photo(stain, component, 1.0).mean() < glass - 2


def test_colours_are_those_of_the_dyes() -> None:
    nuclei, fibres = (
        _photo(STAINS["he"], c, 1.0).mean(axis=(0, 1)) for c in ("chromatin", "stroma")
    )
    assert nuclei[2] > nuclei[0] > nuclei[1]
    assert fibres[0] > fibres[2] > fibres[1]
    marker = _photo(STAINS["panck"], "cytoplasm", 1.0).mean(axis=(0, 1))
    assert marker[0] > marker[1] > marker[2]


def test_contrast_of_a_component_differs_between_stains() -> None:
    grey = {
        (stain, part): _photo(STAINS[stain], part, 0.8).mean()
        for stain in ("panck", "vimentin")
        for part in ("cytoplasm", "stroma")
    }
    assert grey["panck", "cytoplasm"] < grey["panck", "stroma"]
    assert grey["vimentin", "cytoplasm"] > grey["vimentin", "stroma"]


def test_slides_of_one_stain_differ_and_repeat() -> None:
    he = STAINS["he"]
    first, again, other = (_photo(he, "stroma", 0.7, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.mean(axis=(0, 1)) - other.mean(axis=(0, 1))).max() > 2


def test_jpeg_changes_little() -> None:
    picture = _photo(STAINS["he"], "stroma", 0.7)
    squeezed = through_jpeg(picture, 80)
    assert squeezed.shape == picture.shape
    assert 0 < np.abs(squeezed.astype(int) - picture).mean() < 5


def test_unknown_stain_is_refused() -> None:
    with pytest.raises(OptionError, match="'giemsa'"):
        stain_named("giemsa")
