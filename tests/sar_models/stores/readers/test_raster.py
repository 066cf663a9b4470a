from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Region, Size
from sar_models.stores.readers import open_slide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    ReadLevel = Callable[..., Pixels]

ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "png": imagecodecs.png_encode,
    "jp2": lambda a: imagecodecs.jpeg2k_encode(a, level=0, codecformat="jp2"),
    "j2k": lambda a: imagecodecs.jpeg2k_encode(a, level=0, codecformat="j2k"),
}


def jpeg_of(pixels: Pixels, progressive: bool) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95, progressive=progressive)
    return out.getvalue()


@pytest.mark.parametrize("suffix", ENCODERS)
def test_lossless_formats(
    suffix: str, tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / f"slide.{suffix}"
    path.write_bytes(ENCODERS[suffix](tissue))
    np.testing.assert_array_equal(whole_level(path), tissue)
    with open_slide(path) as slide:
        assert slide.info.levels == (Size(420, 300),)
        assert slide.info.mpp is None


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg(progressive: bool, tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / "slide.jpg"
    path.write_bytes(jpeg_of(tissue, progressive))
    assert np.abs(whole_level(path).astype(int) - tissue).mean() < 3


@pytest.mark.parametrize("suffix", ["png", "jp2"])
@pytest.mark.parametrize("samples", [1, 2, 4])
def test_gray_and_alpha(
    suffix: str, samples: int, tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / f"slide.{suffix}"
    colour = tissue if samples == 4 else tissue[..., :1]
    alpha = np.full((300, 420, 1), 255, np.uint8)
    alpha[:, :200] = 0
    pixels = colour if samples == 1 else np.concatenate([colour, alpha], axis=2)
    path.write_bytes(ENCODERS[suffix](np.ascontiguousarray(pixels.squeeze())))
    read = whole_level(path)
    np.testing.assert_array_equal(read[:, 200:], np.broadcast_to(colour, tissue.shape)[:, 200:])
    if samples > 1:
        assert (read[:, :200] == 255).all()


@pytest.mark.parametrize("suffix", ["png", "jp2"])
def test_sixteen_bit(suffix: str, tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / f"slide.{suffix}"
    path.write_bytes(ENCODERS[suffix](tissue.astype(np.uint16) * 257))
    np.testing.assert_array_equal(whole_level(path), tissue)


@pytest.mark.parametrize(
    "name",
    ["H&E slide (1).png", 'it\'s "quoted".png', "Präparat 7 – 組織.png", "100%25 #2?.png"],
)
def test_awkward_names(name: str, tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / name
    try:
        path.write_bytes(imagecodecs.png_encode(tissue))
    except OSError:
        path = tmp_path / name.replace('"', "").replace("?", "")  # Windows allows neither
        path.write_bytes(imagecodecs.png_encode(tissue))
    np.testing.assert_array_equal(whole_level(path), tissue)
    with open_slide(str(path)) as slide:
        assert slide.info.name == path.name


@pytest.mark.parametrize("suffix", ENCODERS)
@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_truncated_files_are_refused(
    suffix: str, part: float, tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / f"cut.{suffix}"
    data = ENCODERS[suffix](tissue)
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(SlideError, match=r"cut\."):
        whole_level(path)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("part", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_jpeg_is_refused_though_libjpeg_decodes_it(
    part: float, progressive: bool, tissue: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "cut.jpg"
    data = jpeg_of(tissue, progressive)
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(SlideError, match=r"cut\.jpg"):
        open_slide(path)


def test_a_damaged_jpeg_header_is_refused(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "bad.jpg"
    data = bytearray(imagecodecs.jpeg8_encode(tissue))
    data[20] = 0x41
    path.write_bytes(data)
    with pytest.raises(SlideError, match="no JPEG marker"):
        open_slide(path)


def test_damage_inside_a_png_shows_at_reading(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    path = tmp_path / "bad.png"
    data = bytearray(imagecodecs.png_encode(tissue))
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(SlideError, match="cannot be read at level 0"):
        whole_level(path)


def png_of_claimed_size(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = (header, body, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks
    )


def test_a_png_that_claims_gigapixels_is_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of_claimed_size(2**31 - 1, 2**31 - 1))
    with pytest.raises(SlideError, match=r"in one piece.*vips tiffsave"):
        open_slide(path)
    path.write_bytes(png_of_claimed_size(0, 10))
    with pytest.raises(SlideError, match="claims 0 x 10 pixels"):
        open_slide(path)
    path.write_bytes(png_of_claimed_size(500, 500))
    with open_slide(path) as slide, pytest.raises(SlideError, match="cannot be read"):
        slide.read(0, Region(0, 0, 500, 500))


def test_a_jpeg_2000_that_claims_gigapixels_is_refused(tissue: Pixels, tmp_path: Path) -> None:
    data = bytearray(ENCODERS["jp2"](tissue))
    size = data.index(b"\xff\x4f\xff\x51") + 8
    data[size : size + 8] = struct.pack(">II", 2**31, 2**31)
    (tmp_path / "bomb.jp2").write_bytes(data)
    with pytest.raises(SlideError, match="in one piece"):
        open_slide(tmp_path / "bomb.jp2")


def test_cmyk_jpeg_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    pixels = np.zeros((16, 16, 4), np.uint8)
    path.write_bytes(imagecodecs.jpeg8_encode(pixels, colorspace="CMYK", outcolorspace="CMYK"))
    with pytest.raises(SlideError, match="CMYK"):
        open_slide(path)


def test_only_one_image(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "slide.png"
    path.write_bytes(imagecodecs.png_encode(tissue))
    with pytest.raises(SlideError, match="one image, not number 1"):
        open_slide(path, series=1)
