"""What cannot be read is refused at opening with one clear error, or at reading with one."""

from __future__ import annotations

import logging
import os
import struct
import threading
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Region
from sar_models.stores.readers import open_slide, segments
from sar_models.stores.readers.files import checksum

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    ReadLevel = Callable[..., Pixels]

ONCE = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def write_pyramid(path: Path, pixels: Pixels, *, ome: bool, **options: Any) -> None:
    options = {"tile": (64, 64), "photometric": "rgb", "compression": "deflate"} | options
    with tifffile.TiffWriter(path, ome=ome) as writer:
        extra = {} if ome else {"metadata": None}
        writer.write(pixels, subifds=1 if ome else 0, **options, **extra)
        writer.write(pixels[::2, ::2], subfiletype=1, **options, **extra)


def test_missing_folder_and_empty(tmp_path: Path) -> None:
    with pytest.raises(SlideError, match=r"There is no slide .*nix\.svs"):
        open_slide(tmp_path / "nix.svs")
    with pytest.raises(SlideError, match="is a folder, not a slide"):
        open_slide(tmp_path)
    (tmp_path / "empty.tif").touch()
    with pytest.raises(SlideError, match=r"empty \(0 bytes\)"):
        open_slide(tmp_path / "empty.tif")
    with pytest.raises(SlideError, match=r"cannot be opened|There is no slide"):
        open_slide("nul\0byte.tif")


def test_unreadable_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.tif"
    path.write_bytes(b"II*\0")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(SlideError, match=r"secret\.tif.*Permission denied.*you may read it"):
        open_slide(path)


@pytest.mark.parametrize(
    "content", [b"hello", b"%PDF-1.7 ...", b"PK\x03\x04" + b"\0" * 99, b"\0" * 4096, b"II*"]
)
@pytest.mark.parametrize("name", ["slide.svs", "slide.tif", "slide.png"])
def test_not_an_image(content: bytes, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SlideError, match=name.replace(".", r"\.")):
        open_slide(tmp_path / name)


@pytest.mark.parametrize(
    ("suffix", "encode"),
    [
        (".jpg", imagecodecs.png_encode),
        (".svs", imagecodecs.jpeg8_encode),
        (".png", lambda a: imagecodecs.jpeg2k_encode(a, level=0)),
        (".txt", imagecodecs.png_encode),
        ("", imagecodecs.png_encode),
    ],
)
def test_a_right_file_under_a_wrong_extension(
    suffix: str,
    encode: Callable[[Pixels], bytes],
    tissue: Pixels,
    whole_level: ReadLevel,
    tmp_path: Path,
) -> None:
    path = tmp_path / f"slide{suffix}"
    path.write_bytes(encode(tissue))
    assert np.abs(whole_level(path).astype(int) - tissue).mean() < 3


def test_a_tiff_under_a_wrong_extension(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path
) -> None:
    for name in ("slide.jpg", "slide.svs", "slide.ndpi", "slide"):
        tifffile.imwrite(tmp_path / name, tissue, photometric="rgb", tile=(64, 64))
        np.testing.assert_array_equal(whole_level(tmp_path / name), tissue)


@pytest.mark.parametrize("ome", [True, False])
@pytest.mark.parametrize("bigtiff", [True, False])
def test_a_truncated_tiff_is_refused_at_opening_wherever_it_was_cut(
    ome: bool, bigtiff: bool, tissue: Pixels, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole.tif", tmp_path / "cut.tif"
    options = {"tile": (64, 64), "photometric": "rgb", "compression": "deflate"}
    with tifffile.TiffWriter(whole, ome=ome, bigtiff=bigtiff) as writer:
        extra: dict[str, Any] = {} if ome else {"metadata": None}
        writer.write(tissue, subifds=1 if ome else 0, **options, **extra)
        writer.write(tissue[::2, ::2], subfiletype=1, **options, **extra)
    data = whole.read_bytes()

    @ONCE
    @given(st.integers(1, len(data) - 1))
    def cut_at(length: int) -> None:
        cut.write_bytes(data[:length])
        with pytest.raises(SlideError, match=r"cut\.tif"):
            open_slide(cut)

    cut_at()


def test_damage_shows_also_where_tifffile_was_silenced(
    tissue: Pixels, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """tifffile tells of damage by its log; turning that off must not turn the check off."""
    whole, cut = tmp_path / "whole.tif", tmp_path / "cut.tif"
    write_pyramid(whole, tissue, ome=True)
    data = whole.read_bytes()
    caplog.set_level(logging.CRITICAL, logger="tifffile")
    for missing in (1, 50, 300, 1000):
        cut.write_bytes(data[:-missing])
        with pytest.raises(SlideError, match=r"cut\.tif"):
            open_slide(cut)
    assert logging.getLogger("tifffile").level == logging.CRITICAL


def test_flipped_bytes_never_escape_as_foreign_errors(tissue: Pixels, tmp_path: Path) -> None:
    whole, bad = tmp_path / "whole.tif", tmp_path / "bad.tif"
    write_pyramid(whole, tissue[:100, :130], ome=True)
    data = whole.read_bytes()

    @settings(ONCE, max_examples=200)
    @given(st.integers(0, len(data) - 1), st.integers(1, 255))
    def flip(place: int, bits: int) -> None:
        damaged = bytearray(data)
        damaged[place] ^= bits
        bad.write_bytes(damaged)
        try:
            with open_slide(bad) as slide:
                for level, size in enumerate(slide.info.levels):
                    height, width = min(size.height, 400), min(size.width, 400)
                    slide.read(level, Region(0, 0, width, height))
        except SlideError as error:
            assert "bad.tif" in str(error)  # noqa: PT017  # either outcome is right

    flip()


@pytest.mark.parametrize(
    ("tag", "value"),
    [("ImageWidth", 2**32 - 5), ("TileWidth", 0), ("TileLength", 0), ("ImageLength", 0)],
)
def test_impossible_header_values_are_one_error(
    tag: str, value: int, tissue: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "bad.tif"
    tifffile.imwrite(path, tissue, photometric="rgb", tile=(64, 64), compression="deflate")
    header_changed(path, **{tag: value})
    with pytest.raises(SlideError, match=r"bad\.tif"):
        open_slide(path)


def header_changed(path: Path, **tags: int) -> None:
    with tifffile.TiffFile(path, mode="r+b") as tif:
        for name, value in tags.items():
            tif.pages[0].tags[name].overwrite(value)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "deflate"},
        {"compression": "lzw"},
        {"tile": (64, 64)},
        {"tile": (64, 64), "compression": "deflate"},
        {"compression": "jpeg", "tile": (64, 64)},
        {"compression": "zstd"},
    ],
)
def test_a_size_that_lies_in_its_header(
    options: dict[str, Any], tissue: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "lie.tif"
    tifffile.imwrite(path, tissue, photometric="rgb", metadata=None, **options)
    lie = {"ImageWidth": 2**31 - 1, "ImageLength": 2**31 - 1}
    if "tile" not in options:
        lie["RowsPerStrip"] = 2**31 - 1
    header_changed(path, **lie)
    with pytest.raises(SlideError, match=r"lie\.tif"):
        open_slide(path)


def test_a_tile_size_that_lies(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "lie.tif"
    tifffile.imwrite(path, tissue, photometric="rgb", tile=(512, 512), compression="deflate")
    header_changed(path, TileWidth=2**20, TileLength=2**20)
    with pytest.raises(SlideError, match="in one piece"):
        open_slide(path)


@pytest.mark.parametrize("compression", ["jpeg", "jpeg2000"])
def test_a_tile_that_claims_to_be_larger_than_its_place(
    compression: str, tissue: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.tif"
    tifffile.imwrite(
        path, tissue[:256, :256], photometric="rgb", tile=(256, 256), compression=compression
    )
    with tifffile.TiffFile(path) as tif:
        offset, count = tif.pages[0].dataoffsets[0], tif.pages[0].databytecounts[0]
    data = bytearray(path.read_bytes())
    tile = bytes(data[offset : offset + count])
    if compression == "jpeg":
        at = offset + tile.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", 65500, 65500)
    else:
        at = offset + tile.index(b"\xff\x4f\xff\x51") + 8
        data[at : at + 8] = struct.pack(">II", 2**20, 2**20)
    path.write_bytes(data)
    with (
        open_slide(path) as slide,
        pytest.raises(SlideError, match=r"bomb\.tif.*its place has 256 x 256"),
    ):
        slide.read(0, Region(0, 0, 10, 10))


def test_a_file_that_shrinks_while_it_is_read(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "slide.tif"
    tifffile.imwrite(path, tissue, photometric="rgb", tile=(64, 64))
    with open_slide(path) as slide:
        os.truncate(path, 1000)
        with pytest.raises(SlideError, match=r"slide\.tif.*became shorter.*copy it again"):
            slide.read(0, Region(0, 0, 420, 300))


def test_a_file_that_vanishes_before_its_pixels_are_read(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "slide.png"
    path.write_bytes(imagecodecs.png_encode(tissue))
    with open_slide(path) as slide:
        path.unlink()
        with pytest.raises(SlideError, match="vanished"):
            slide.read(0, Region(0, 0, 10, 10))


def test_a_file_that_changes_its_size_before_its_pixels_are_read(
    tissue: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "slide.png"
    path.write_bytes(imagecodecs.png_encode(tissue))
    with open_slide(path) as slide:
        path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(tissue[:50])))
        with pytest.raises(SlideError, match="not what its header says"):
            slide.read(0, Region(0, 0, 10, 10))


@pytest.mark.parametrize(
    ("level", "region", "reason"),
    [
        (1, Region(0, 0, 1, 1), "levels 0 to 0, not 1"),
        (-1, Region(0, 0, 1, 1), "levels 0 to 0, not -1"),
        (0, Region(-1, 0, 5, 5), "does not lie in level 0"),
        (0, Region(416, 0, 5, 5), "does not lie in level 0"),
        (0, Region(0, 296, 5, 5), "does not lie in level 0"),
    ],
)
def test_regions_outside_are_refused(
    level: int, region: Region, reason: str, tissue: Pixels, tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "slide.tif", tissue, photometric="rgb")
    with open_slide(tmp_path / "slide.tif") as slide, pytest.raises(SlideError, match=reason):
        slide.read(level, region)


def test_a_closed_slide_says_so_and_closing_twice_is_fine(tissue: Pixels, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "slide.tif", tissue, photometric="rgb")
    slide = open_slide(tmp_path / "slide.tif")
    slide.close()
    slide.close()
    with pytest.raises(SlideError, match="is closed"):
        slide.read(0, Region(0, 0, 1, 1))


def test_threads_that_share_one_huge_strip_decode_it_once(
    tissue: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "strip.tif"
    tifffile.imwrite(path, tissue, photometric="rgb", compression="deflate", rowsperstrip=300)
    monkeypatch.setattr(segments, "_CACHE_BYTES", 1000)
    decoded: list[int] = []
    really = segments.SegmentReader._decoded

    def spy(self: segments.SegmentReader, plane: Any, index: int, name: Any) -> Any:
        decoded.append(index)
        return really(self, plane, index, name)

    monkeypatch.setattr(segments.SegmentReader, "_decoded", spy)
    with open_slide(path) as slide:
        threads = [
            threading.Thread(target=slide.read, args=(0, Region(0, y, 50, 50)))
            for y in range(0, 250, 50)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert decoded == [0]


def test_a_tile_is_the_callers_own(tissue: Pixels, tmp_path: Path) -> None:
    for name in ("slide.tif", "slide.png"):
        path = tmp_path / name
        if name.endswith("png"):
            path.write_bytes(imagecodecs.png_encode(tissue))
        else:
            tifffile.imwrite(path, tissue, photometric="rgb", compression="deflate")
        with open_slide(path) as slide:
            whole = Region(0, 0, 420, 300)
            slide.read(0, whole)[:] = 0
            np.testing.assert_array_equal(slide.read(0, whole), tissue)


def test_threads_may_share_a_slide(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "slide.tif"
    tifffile.imwrite(path, tissue, photometric="rgb", tile=(64, 64), compression="deflate")
    failures: list[str] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(60):
            x, y = int(rng.integers(0, 360)), int(rng.integers(0, 240))
            tile = slide.read(0, Region(x, y, 60, 60))
            if not np.array_equal(tile, tissue[y : y + 60, x : x + 60]):
                failures.append(f"{seed}: ({x}, {y})")

    with open_slide(path) as slide:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_checksums_know_content_and_stay_cheap_on_huge_files(tmp_path: Path) -> None:
    small, huge = tmp_path / "small", tmp_path / "huge"
    small.write_bytes(b"abc")
    assert checksum(small).startswith("sha256:ba7816bf")
    with huge.open("wb") as handle:
        handle.truncate(3 * 1024**3)  # sparse
        handle.seek(-5, os.SEEK_END)
        handle.write(b"tail!")
    first = checksum(huge)
    assert first.startswith("sha256-edges:")
    with huge.open("r+b") as handle:
        handle.write(b"head!")
    assert checksum(huge) != first
