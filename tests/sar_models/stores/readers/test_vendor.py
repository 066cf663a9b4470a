"""Scanner dialects, by files that imitate them as far as tiffslide and OpenSlide look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openslide
import pytest
import tifffile
import tiffslide

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.domain.slides import convert
from sar_models.stores.readers import open_slide
from sar_models.stores.readers.vendor import bounds_of, open_with_openslide

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    ReadLevel = Callable[..., Pixels]

NM_PER_PX = 500


def write_svs(path: Path, pixels: Pixels, description: str, **options: Any) -> None:
    """Write what Aperio writes: tiled levels, a stripped thumbnail between them."""
    kind = {"photometric": "rgb", "metadata": None, "compression": "jpeg"}
    with tifffile.TiffWriter(path) as writer:
        tiles = kind | {"tile": (128, 128)} | options
        writer.write(pixels, description=f"Aperio Image Library v11.2.1 \r\n{description}", **tiles)
        writer.write(pixels[::4, ::4], **kind)
        writer.write(pixels[::2, ::2], description="Aperio Image Library v11.2.1 \r\n", **tiles)


def test_aperio(tissue: Pixels, whole_level: ReadLevel, tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    write_svs(path, tissue, "420x300 (128x128) JPEG/RGB Q=90|AppMag = 20|MPP = 0.4990")
    with open_slide(path) as slide:
        assert slide.info.reader == "tiffslide"
        assert slide.info.levels == (Size(420, 300), Size(210, 150))
        assert slide.info.mpp == Mpp(0.499, 0.499)
    assert np.abs(whole_level(path).astype(int) - tissue).mean() < 3
    with open_with_openslide(path) as other:
        size = other.info.levels[0]
        reference = other.read(0, Region(0, 0, size.width, size.height))
        assert other.info.mpp == Mpp(0.499, 0.499)
    assert np.abs(whole_level(path).astype(int) - reference).max() <= 4


def test_aperio_without_mpp_is_none_also_when_tags_say_72_dpi(
    tissue: Pixels, tmp_path: Path
) -> None:
    path = tmp_path / "slide.svs"
    write_svs(path, tissue, "420x300|AppMag = 20", resolution=(72, 72), resolutionunit="INCH")
    with open_slide(path) as slide:
        assert slide.info.mpp is None


def test_a_truncated_svs_is_refused(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    write_svs(path, tissue, "420x300|MPP = 0.25")
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(SlideError, match=r"truncated|damaged"):
        open_slide(path)


def test_openslide_takes_over_where_tiffslide_fails(
    tissue: Pixels, whole_level: ReadLevel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slide.svs"
    write_svs(path, tissue, "420x300|MPP = 0.25")

    def fail(self: object) -> None:
        raise NotImplementedError("this dialect")

    monkeypatch.setattr(tiffslide.TiffSlide, "properties", property(fail))
    with open_slide(path) as slide:
        assert slide.info.reader == "openslide"
        assert slide.info.mpp == Mpp(0.25, 0.25)
    assert np.abs(whole_level(path, 1).astype(int) - tissue[::2, ::2]).mean() < 4

    def refuse(*_: object) -> None:
        raise openslide.OpenSlideError("broken as well")

    monkeypatch.setattr(openslide, "OpenSlide", refuse)
    monkeypatch.setattr(refuse, "detect_format", lambda _: "aperio", raising=False)
    with pytest.raises(SlideError, match=r"tiffslide: this dialect \(OpenSlide: broken as well\)"):
        open_slide(path)


def leica_image(
    sizes: list[tuple[int, Size]], offset_px: tuple[int, int], extent: Size, objective: float
) -> str:
    dimensions = "".join(
        f'<dimension sizeX="{size.width}" sizeY="{size.height}" r="{r}" ifd="{ifd}"/>'
        for r, (ifd, size) in enumerate(sizes)
    )
    first = sizes[0][1]
    return f"""<image name="i" uuid="u"><creationDate>2020-01-01T00:00:00Z</creationDate>
        <device model="Leica SCN400" version="1"/>
        <pixels sizeX="{first.width}" sizeY="{first.height}">{dimensions}</pixels>
        <view sizeX="{extent.width * NM_PER_PX}" sizeY="{extent.height * NM_PER_PX}"
              offsetX="{offset_px[0] * NM_PER_PX}" offsetY="{offset_px[1] * NM_PER_PX}"/>
        <scanSettings><objectiveSettings><objective>{objective}</objective></objectiveSettings>
        <illuminationSettings><numericalAperture>0.4</numericalAperture>
        <illuminationSource>brightfield</illuminationSource></illuminationSettings></scanSettings>
        </image>"""


def write_scn(path: Path, pixels: Pixels, offset_px: tuple[int, int], glass: Size) -> None:
    """Write what Leica writes: one scanned area somewhere on the glass, and an overview."""
    scanned = Size(pixels.shape[1], pixels.shape[0])
    half = Size(scanned.width // 2, scanned.height // 2)
    macro = np.full((60, 80, 3), 240, np.uint8)
    xml = f"""<?xml version="1.0"?>
        <scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01"><collection name="c" uuid="u"
        sizeX="{glass.width * NM_PER_PX}" sizeY="{glass.height * NM_PER_PX}">
        {leica_image([(0, Size(80, 60))], (0, 0), glass, 0.6)}
        {leica_image([(1, scanned), (2, half)], offset_px, scanned, 20)}
        </collection></scn>"""
    options: dict[str, Any] = {
        "photometric": "rgb",
        "tile": (64, 64),
        "compression": "jpeg",
        "compressionargs": {"level": 98},
        "metadata": None,
        "resolution": (20000, 20000),
        "resolutionunit": "CENTIMETER",
    }
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(macro, description=xml, **options)
        writer.write(pixels, **options)
        writer.write(pixels[::2, ::2], **options)


def test_bounds_frames_and_unscanned_glass(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "slide.scn"
    scanned = tissue[:256, :384]
    write_scn(path, scanned, (200, 150), Size(800, 600))
    with open_slide(path) as slide:
        info = slide.info
        assert info.size == Size(800, 600)
        assert info.bounds == Region(200, 150, 384, 256)
        assert info.mpp == Mpp(0.5, 0.5)
        inside = slide.read(0, info.bounds)
        outside = slide.read(0, Region(0, 0, 800, 140))
    assert np.abs(inside.astype(int) - scanned).mean() < 3
    assert (outside == 255).all()
    qupath = info.frame_of("qupath")
    assert qupath.size == Size(384, 256)
    corner = convert(np.array([[0.0, 0.0]]), qupath, info.frame)
    np.testing.assert_array_equal(corner, [[200.0, 150.0]])


def test_a_tile_size_that_lies_never_reaches_openslide(tissue: Pixels, tmp_path: Path) -> None:
    """OpenSlide would end the whole process: GLib aborts when memory runs out."""
    path = tmp_path / "slide.scn"
    write_scn(path, tissue[:256, :384], (200, 150), Size(800, 600))
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tif.pages[1].tags["TileWidth"].overwrite(2**30)
        tif.pages[1].tags["TileLength"].overwrite(2**30)
    with pytest.raises(SlideError, match="in one piece"):
        open_slide(path)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"x": "10", "y": "20", "width": "30", "height": "40"}, Region(10, 20, 30, 40)),
        ({"x": "90", "y": "0", "width": "30", "height": "40"}, Region(90, 0, 10, 40)),
        ({"x": "-5", "y": "0", "width": "30", "height": "40"}, Region(0, 0, 25, 40)),
        ({"x": "10", "y": "20", "width": "30"}, None),
        ({"x": "200", "y": "20", "width": "30", "height": "40"}, None),
        ({}, None),
    ],
)
def test_bounds_are_cut_to_the_slide(values: dict[str, str], expected: Region | None) -> None:
    properties = {f"openslide.bounds-{name}": value for name, value in values.items()}
    assert bounds_of(properties, "openslide", Size(100, 100)) == expected


def test_one_image_only(tissue: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    write_svs(path, tissue, "420x300|MPP = 0.25")
    with pytest.raises(SlideError, match="one image, not number 3"):
        open_slide(path, series=3)


def test_opening_prints_nothing(
    tissue: Pixels, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "slide.svs"
    write_svs(path, tissue, "420x300|MPP = 0.25")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(SlideError):
        open_slide(path)
    (tmp_path / "text.tif").write_text("II*\0 nonsense")
    with pytest.raises(SlideError):
        open_slide(tmp_path / "text.tif")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_read_closes_what_it_opened(
    tissue: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slide.svs"
    write_svs(path, tissue, "420x300|MPP = 0.25")
    opened: list[Any] = []
    really_open = Path.open

    def spy(self: Path, *args: Any, **kwargs: Any) -> Any:
        handle = really_open(self, *args, **kwargs)
        opened.append(handle)
        return handle

    monkeypatch.setattr(Path, "open", spy)
    with open_slide(path) as slide:
        slide.read(0, Region(0, 0, 10, 10))
    assert opened
    assert all(handle.closed for handle in opened)
