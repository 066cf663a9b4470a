from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from store_harness import SOURCE, TARGET, image, note, shapes

from sar_models.domain.errors import SlideError, StoreError
from sar_models.domain.geometry import Region, Size

if TYPE_CHECKING:
    from store_harness import Harness


def test_slides_are_listed_with_what_is_known_of_them(harness: Harness) -> None:
    infos = list(harness.store.slides())
    assert [info.uri for info in infos] == [SOURCE, TARGET]
    assert all(info.size == Size(80, 60) and info.mpp is None for info in infos)
    assert all(info.checksum.startswith("sha256:") for info in infos)


def test_slides_are_read_by_tiles(harness: Harness) -> None:
    with harness.store.open(SOURCE) as slide:
        assert slide.info.uri == SOURCE
        tile = slide.read(0, Region(5, 7, 20, 30))
        with pytest.raises(SlideError, match="does not lie in level 0"):
            slide.read(0, Region(61, 0, 20, 30))
    np.testing.assert_array_equal(tile, image()[7:37, 5:25])
    with pytest.raises(SlideError, match="is closed"):
        slide.read(0, Region(0, 0, 1, 1))
    with harness.store.open(SOURCE) as again:
        assert again.read(0, Region(0, 0, 1, 1)).shape == (1, 1, 3)


def test_annotations_come_as_they_were_drawn(harness: Harness) -> None:
    assert list(harness.store.annotations(SOURCE)) == []
    child = note("child", 12.0)
    drawn = note("parent", locked=True, children=(child,), extra={"somebody": {"else": [1, 2]}})
    harness.person_writes(SOURCE, [drawn])
    (read,) = harness.store.annotations(SOURCE)
    assert (read.id, read.locked, read.classification) == (drawn.id, True, ("Tumor",))
    assert read.extra == drawn.extra
    assert shapes([read]) == shapes([drawn])
    assert list(harness.store.annotations(TARGET)) == []


@pytest.mark.parametrize(
    "name", ["nix.tif", "", ".", "..", "../he.tif", "/etc/passwd", "sub/he.tif", "..\\he.tif"]
)
def test_unknown_and_outside_names_are_refused(name: str, harness: Harness) -> None:
    with pytest.raises(StoreError, match="has no slide"):
        harness.store.open(name)
    with pytest.raises(StoreError, match="has no slide"):
        harness.store.annotations(name)
