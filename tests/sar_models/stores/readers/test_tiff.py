from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.stores.readers import open_slide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    ReadLevel = Callable[..., Pixels]

LAYOUTS: dict[str, dict[str, Any]] = {
    "one raw strip": {},
    "raw strips": {"rowsperstrip": 64},
    "big-endian raw": {"byteorder": ">"},
    "bigtiff": {"bigtiff": True, "tile": (64, 80)},
    "lzw strips": {"compression": "lzw", "predictor": True, "rowsperstrip": 50},
    "one deflate strip": {"compression": "deflate"},
    "deflate tiles": {"compression": "deflate", "tile": (128, 64), "predictor": True},
    "zstd tiles": {"compression": "zstd", "tile": (128, 128)},
    "jpeg 2000 tiles": {"compression": "jpeg2000", "tile": (128, 128)},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_lossless_layout_comes_back_exactly(
    layout: dict[str, Any], tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "slide.tif"
    tifffile.imwrite(path, tissue, photometric="rgb", **layout)
    np.testing.assert_array_equal(whole_level(path), tissue)


@pytest.mark.parametrize("layout", [{}, {"tile": (64, 64)}, {"compression": "lzw"}])
def test_planes_stored_one_after_the_other(
    layout: dict[str, Any], tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "planar.tif"
    planes = tissue.transpose(2, 0, 1)
    tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate", **layout)
    np.testing.assert_array_equal(whole_level(path), tissue)


def test_jpeg_tiles(tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / "jpeg.tif"
    tifffile.imwrite(
        path, tissue, photometric="rgb", tile=(128, 128), compression="jpeg",
        compressionargs={"level": 95},
    )  # fmt: skip
    assert np.abs(whole_level(path).astype(int) - tissue).mean() < 3


@pytest.mark.parametrize("nested", [True, False], ids=["sub-IFDs", "further pages"])
def test_pyramid_levels(
    nested: bool, tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "pyramid.tif"
    with tifffile.TiffWriter(path) as writer:
        options = {"tile": (64, 64), "photometric": "rgb", "metadata": None}
        writer.write(tissue, subifds=2 if nested else 0, **options)
        for step in (2, 5):  # 5: 420 x 300 becomes 84 x 60
            writer.write(tissue[::step, ::step], subfiletype=1, **options)
    with open_slide(path) as slide:
        assert slide.info.levels == (Size(420, 300), Size(210, 150), Size(84, 60))
        assert slide.info.series == 0
    np.testing.assert_array_equal(whole_level(path, 2), tissue[::5, ::5])


def test_a_label_or_a_mask_is_no_level(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "label.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(tissue[:90, :90], photometric="rgb", metadata=None)
        writer.write(tissue, photometric="rgb", metadata=None)
        writer.write(tissue[:100, :400], photometric="rgb", metadata=None)
        mask = tissue[::2, ::2, 0] > 99
        writer.write(mask, photometric="mask", subfiletype=5, metadata=None)
    with open_slide(path) as slide:
        assert slide.info.levels == (Size(420, 300),)
        assert slide.info.series == 1
    with open_slide(path, series=2) as slide:
        assert slide.info.size == Size(400, 100)


def test_a_stack_is_refused_unless_one_page_is_chosen(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.stack([tissue, tissue // 2]), photometric="rgb")
    with pytest.raises(SlideError, match=r"2 images of the same size.*series 0 to 1"):
        open_slide(path)
    np.testing.assert_array_equal(whole_level(path, series=1), tissue // 2)
    with pytest.raises(SlideError, match="images 0 to 1, not 2"):
        open_slide(path, series=2)


def test_an_imagej_stack_is_refused(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.stack([tissue[..., 0]] * 4), imagej=True)
    with pytest.raises(SlideError, match="stack of 4 images"):
        open_slide(path)


def test_missing_tiles_are_glass(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    tiles = [zlib.compress(tissue[:64, :64].tobytes()), b"", b"", b""]
    tifffile.imwrite(
        path, iter(tiles), shape=(128, 128, 3), dtype=np.uint8, tile=(64, 64), photometric="rgb",
        compression="deflate",
    )  # fmt: skip
    with open_slide(path) as slide:
        assert (slide.read(0, Region(64, 64, 64, 64)) == 255).all()
        assert (slide.read(0, Region(0, 0, 64, 64)) < 255).all()


@pytest.mark.parametrize(
    ("resolution", "unit", "expected"),
    [
        ((20000, 10000), "CENTIMETER", Mpp(0.5, 1.0)),
        ((50800, 50800), "INCH", Mpp(0.5, 0.5)),
        ((72, 72), "INCH", None),  # what programs write unasked
        ((96, 96), "INCH", None),
        ((1200, 1200), "INCH", None),
        ((20000, 20000), "NONE", None),
        ((1, 1), "CENTIMETER", None),
    ],
)
def test_resolution_tags_are_believed_only_where_a_slide_can_have_them(
    resolution: tuple[int, int], unit: str, expected: Mpp | None, tissue: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "slide.tif"
    tifffile.imwrite(
        path, tissue, photometric="rgb", resolution=resolution, resolutionunit=unit, metadata=None
    )
    with open_slide(path) as slide:
        assert slide.info.mpp == expected


def test_no_resolution_is_none(tissue: Pixels, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "slide.tif", tissue, photometric="rgb", metadata=None)
    with open_slide(tmp_path / "slide.tif") as slide:
        assert slide.info.mpp is None
        assert slide.info.bounds is None


def test_imagej_names_its_unit(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "ij.tif"
    tifffile.imwrite(path, tissue, imagej=True, resolution=(4.0, 2.0), metadata={"unit": "um"})
    with open_slide(path) as slide:
        assert slide.info.mpp == Mpp(0.25, 0.5)


def test_sixteen_bit_uses_the_bits_that_the_camera_used(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    for bits in (10, 12, 16):
        white = 2**bits - 1
        deep = np.round(tissue.astype(float) / 230 * white).astype(np.uint16)
        path = tmp_path / f"{bits}.tif"
        tifffile.imwrite(path, deep, photometric="rgb", tile=(64, 64))
        expected = np.round(tissue.astype(float) / 230 * 255)
        assert np.abs(whole_level(path) - expected).max() <= 1


def test_declared_bits_win_over_the_brightest_pixel(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "dark.tif"
    dark = tissue.astype(np.uint16)  # fits 8 bits, but its file says 12
    tifffile.imwrite(path, dark, photometric="rgb", extratags=[(281, "H", 3, (4095,) * 3, True)])
    assert whole_level(path).max() == round(int(tissue.max()) * 255 / 4095)


def test_gray_and_its_negative(tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    gray = tissue[..., 0]
    tifffile.imwrite(tmp_path / "gray.tif", gray, photometric="minisblack")
    tifffile.imwrite(tmp_path / "negative.tif", 255 - gray, photometric="miniswhite")
    expected = np.repeat(gray[..., np.newaxis], 3, axis=2)
    np.testing.assert_array_equal(whole_level(tmp_path / "gray.tif"), expected)
    np.testing.assert_array_equal(whole_level(tmp_path / "negative.tif"), expected)


@pytest.mark.parametrize("depth", [8, 16])
def test_alpha_lets_white_shine_through(
    depth: int, tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "rgba.tif"
    alpha = np.zeros((*tissue.shape[:2], 1), np.uint8)
    alpha[:, 100:] = 128
    alpha[:, 200:] = 255
    pixels = np.concatenate([tissue, alpha], axis=2)
    if depth == 16:
        pixels = pixels.astype(np.uint16) * 257
    tifffile.imwrite(path, pixels, photometric="rgb", extrasamples=["unassalpha"])
    read = whole_level(path).astype(int)
    assert (read[:, :100] == 255).all()
    half = tissue[:, 100:200] * (128 / 255) + 127
    assert np.abs(read[:, 100:200] - half).max() <= 1
    np.testing.assert_array_equal(read[:, 200:], tissue[:, 200:])


def test_premultiplied_alpha_is_not_multiplied_again(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "rgba.tif"
    alpha = np.full((*tissue.shape[:2], 1), 128, np.uint8)
    pixels = np.concatenate([tissue // 2, alpha], axis=2)
    tifffile.imwrite(path, pixels, photometric="rgb", extrasamples=["assocalpha"])
    np.testing.assert_array_equal(whole_level(path), tissue // 2 + 127)


def test_palette_colours(whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / "palette.tif"
    index = (np.arange(60 * 80).reshape(60, 80) % 256).astype(np.uint8)
    colours = np.stack([np.arange(256), np.arange(256)[::-1], np.full(256, 7)]).astype(np.uint16)
    tifffile.imwrite(path, index, photometric="palette", colormap=colours * 257)
    np.testing.assert_array_equal(whole_level(path), colours.T.astype(np.uint8)[index])


@pytest.mark.parametrize(
    ("pixels", "options", "reason"),
    [
        (np.zeros((40, 50, 3), np.float32), {"photometric": "rgb"}, "8 or 16 bit unsigned"),
        (np.zeros((40, 50), bool), {"photometric": "minisblack"}, "8 or 16 bit unsigned"),
        (np.zeros((40, 50, 4), np.uint8), {"photometric": "separated"}, "expected RGB"),
        (np.zeros((40, 50, 3), np.uint8), {"photometric": "cielab"}, "expected RGB"),
    ],
)
def test_what_is_not_brightfield_is_refused(
    pixels: NDArray[Any], options: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "slide.tif", pixels, **options)
    with pytest.raises(SlideError, match=reason):
        open_slide(tmp_path / "slide.tif")


def test_one_huge_strip_is_refused_with_the_remedy_but_a_raw_one_is_read(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    packed, raw = tmp_path / "packed.tif", tmp_path / "raw.tif"
    tifffile.imwrite(packed, tissue, photometric="rgb", compression="deflate")
    tifffile.imwrite(raw, tissue, photometric="rgb")
    with pytest.raises(SlideError, match=r"in one piece.*vips tiffsave"):
        open_slide(packed, decode_limit=100_000)
    np.testing.assert_array_equal(whole_level(raw, decode_limit=100_000), tissue)
