from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Mpp, Size
from sar_models.stores.readers import open_slide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    ReadLevel = Callable[..., Pixels]


def write_pyramid(path: Path, pixels: Pixels, **metadata: Any) -> None:
    options = {"tile": (64, 64), "photometric": "rgb", "compression": "deflate"}
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(pixels, subifds=2, metadata=metadata, **options)
        writer.write(pixels[::2, ::2], subfiletype=1, **options)
        writer.write(pixels[::4, ::4], subfiletype=1, **options)


def test_sub_ifd_pyramid(tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / "slide.ome.tif"
    write_pyramid(path, tissue)
    with open_slide(path) as slide:
        assert slide.info.levels == (Size(420, 300), Size(210, 150), Size(105, 75))
    np.testing.assert_array_equal(whole_level(path), tissue)
    np.testing.assert_array_equal(whole_level(path, 2), tissue[::4, ::4])


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25}, Mpp(0.5, 0.25)),
        (
            {
                "PhysicalSizeX": 500.0,
                "PhysicalSizeXUnit": "nm",
                "PhysicalSizeY": 0.00025,
                "PhysicalSizeYUnit": "mm",
            },
            Mpp(0.5, 0.25),
        ),
        (
            {
                "PhysicalSizeX": 1.0,
                "PhysicalSizeXUnit": "pixel",
                "PhysicalSizeY": 1.0,
                "PhysicalSizeYUnit": "pixel",
            },
            None,
        ),
        ({"PhysicalSizeX": 0.5}, None),
        ({}, None),
    ],
)
def test_physical_size_with_units(
    metadata: dict[str, Any], expected: Mpp | None, tissue: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "slide.ome.tif"
    write_pyramid(path, tissue, **metadata)
    with open_slide(path) as slide:
        if expected is None:
            assert slide.info.mpp is None
        else:
            assert slide.info.mpp is not None
            assert slide.info.mpp.x == pytest.approx(expected.x, rel=1e-9)
            assert slide.info.mpp.y == pytest.approx(expected.y, rel=1e-9)


def test_red_green_blue_as_channels(tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / "slide.ome.tif"
    planes = tissue.transpose(2, 0, 1)
    tifffile.imwrite(path, planes, photometric="minisblack", metadata={"axes": "CYX"})
    np.testing.assert_array_equal(whole_level(path), tissue)


@pytest.mark.parametrize(
    ("axes", "shape", "metadata", "reason"),
    [
        ("ZYX", (4, 60, 80), {}, "a stack .4 along Z."),
        ("CYX", (2, 60, 80), {}, "2 channels"),
        (
            "CYX",
            (3, 60, 80),
            {"Channel": {"Name": ["DAPI", "CD3", "CD8"]}},
            r"3 channels \(dapi, cd3, cd8\)",
        ),
    ],
)
def test_stacks_and_fluorescence_are_refused(
    axes: str, shape: tuple[int, ...], metadata: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "slide.ome.tif"
    pixels = np.zeros(shape, np.uint8)
    tifffile.imwrite(path, pixels, photometric="minisblack", metadata={"axes": axes} | metadata)
    with pytest.raises(SlideError, match=reason):
        open_slide(path)


def test_the_largest_image_is_taken_unless_another_is_named(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "slide.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(tissue[:50, :60], photometric="rgb", metadata={"PhysicalSizeX": 9})
        sizes = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
        writer.write(tissue, photometric="rgb", metadata=sizes)
    with open_slide(path) as slide:
        assert (slide.info.series, slide.info.mpp) == (1, Mpp(0.5, 0.5))
    np.testing.assert_array_equal(whole_level(path, series=0), tissue[:50, :60])
    with pytest.raises(SlideError, match="images 0 to 1, not 7"):
        open_slide(path, series=7)


def test_significant_bits(tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / "slide.ome.tif"
    dark = tissue.astype(np.uint16)
    tifffile.imwrite(path, dark, photometric="rgb", metadata={"SignificantBits": 12})
    assert whole_level(path).max() == round(int(tissue.max()) * 255 / 4095)


def test_entities_in_the_metadata_are_refused(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "bomb.ome.tif"
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">&b;</OME>'
    )
    tifffile.imwrite(path, tissue, photometric="rgb", description=bomb, metadata=None)
    with pytest.raises(SlideError, match="declares XML entities"):
        open_slide(path)
