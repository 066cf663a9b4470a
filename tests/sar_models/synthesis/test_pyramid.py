from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import openslide
import pytest
import tifffile
import tiffslide

from sar_models.domain.errors import OptionError, OutputExistsError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.synthesis import Flavour, ImageCanvas, PyramidOptions, write_pyramid
from sar_models.synthesis.pyramid import level_sizes

if TYPE_CHECKING:
    from pathlib import Path

SIZE = Size(1391, 1013)


def _picture(size: Size = SIZE) -> np.ndarray:
    """Return slow colour waves: JPEG and averaging hardly change them."""
    x = np.linspace(0, 3, size.width)[None, :, None]
    y = np.linspace(0, 4, size.height)[:, None, None]
    wave = 128 + 50 * np.sin(2 * x + np.array([0.0, 1.0, 2.0])) + 50 * np.cos(y)
    return wave.astype(np.uint8)


@pytest.mark.parametrize(("flavour", "suffix"), [("ome", ".ome.tif"), ("aperio", ".svs")])
def test_tiffslide_reads_what_was_written(tmp_path: Path, flavour: Flavour, suffix: str) -> None:
    path, picture = tmp_path / f"slide{suffix}", _picture()
    levels = write_pyramid(
        path, ImageCanvas(picture), Mpp(0.25, 0.25), PyramidOptions(flavour=flavour, quality=95)
    )
    assert levels == (Size(1391, 1013), Size(348, 253))
    with tiffslide.TiffSlide(path) as slide:
        assert slide.level_dimensions == tuple((s.width, s.height) for s in levels)
        assert float(slide.properties["tiffslide.mpp-x"]) == pytest.approx(0.25)
        assert float(slide.properties["tiffslide.mpp-y"]) == pytest.approx(0.25)
        whole = np.asarray(slide.read_region((0, 0), 0, slide.dimensions).convert("RGB"))
        assert np.abs(whole.astype(int) - picture).mean() < 2
        small = np.asarray(slide.read_region((0, 0), 1, (348, 253)).convert("RGB"))
        at = np.array([[100, 80], [300, 200]])
        there = picture[np.round(at[:, 1] * 1013 / 253).astype(int), (at[:, 0] * 4).astype(int)]
        assert np.abs(small[at[:, 1], at[:, 0]].astype(int) - there).max() < 8
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_openslide_reads_the_aperio_flavour(tmp_path: Path) -> None:
    path = tmp_path / "slide.svs"
    levels = write_pyramid(
        path, ImageCanvas(_picture()), Mpp(0.5, 0.5), PyramidOptions(flavour="aperio")
    )
    with openslide.OpenSlide(path) as slide:
        assert slide.level_dimensions == tuple((s.width, s.height) for s in levels)
        assert slide.properties["openslide.vendor"] == "aperio"
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(0.5)
        assert np.asarray(slide.read_region((0, 0), 0, (256, 256))).std() > 5


def test_ome_metadata_hold_the_pixel_size(tmp_path: Path) -> None:
    path = tmp_path / "slide.ome.tif"
    write_pyramid(path, ImageCanvas(_picture()), Mpp(0.3, 0.4))
    with tifffile.TiffFile(path) as tif:
        assert tif.is_ome
        assert len(tif.series[0].levels) == 2
        assert 'PhysicalSizeX="0.3"' in (tif.ome_metadata or "")
        assert 'PhysicalSizeY="0.4"' in (tif.ome_metadata or "")


@pytest.mark.parametrize(("flavour", "suffix"), [("ome", ".ome.tif"), ("aperio", ".svs")])
def test_no_pixel_size_is_none(tmp_path: Path, flavour: Flavour, suffix: str) -> None:
    path = tmp_path / f"slide{suffix}"
    write_pyramid(path, ImageCanvas(_picture()), None, PyramidOptions(flavour=flavour))
    with tiffslide.TiffSlide(path) as slide:
        assert slide.properties.get("tiffslide.mpp-x") is None


def test_nothing_is_overwritten_or_left_half(tmp_path: Path) -> None:
    path = tmp_path / "slide.ome.tif"
    path.write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="already"):
        write_pyramid(path, ImageCanvas(_picture()), None)
    assert path.read_bytes() == b"mine"

    class Broken:
        size = SIZE

        def read(self, level: Size, region: Region) -> np.ndarray:
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_pyramid(tmp_path / "other.ome.tif", Broken(), None)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("bad", [{"tile_px": 100}, {"quality": 0}, {"downsample": 1}])
def test_impossible_storage_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(OptionError):
        PyramidOptions(**bad)  # type: ignore[arg-type]


def test_levels_end_small() -> None:
    levels = level_sizes(Size(40_000, 25_000), 4)
    assert levels[1] == Size(10_000, 6_250)
    assert max(levels[-1].width, levels[-1].height) <= 512


@pytest.mark.parametrize("shown", [Size(5000, 3641), Size(700, 500), Size(1391, 1013)])
def test_tiles_of_a_canvas_fit_together(shown: Size) -> None:
    canvas = ImageCanvas(_picture(), shown)
    whole = canvas.read(shown, Region(0, 0, 700, 500))
    part = canvas.read(shown, Region(192, 64, 128, 96))
    assert np.abs(whole[64:160, 192:320].astype(int) - part).max() <= 1


def test_an_enlarged_canvas_shows_things_where_its_map_says() -> None:
    picture = np.full((80, 100, 3), 230, dtype=np.uint8)
    picture[30:33, 60:63] = 20
    canvas = ImageCanvas(picture, Size(1000, 800))
    mapped = canvas.shown_from_image.map(np.array([[61.5, 31.5]]))[0]
    tile = 255.0 - canvas.read(Size(1000, 800), Region(500, 200, 256, 256)).mean(axis=2)
    tile = np.where(tile > 80, tile, 0)
    ys, xs = np.mgrid[0:256, 0:256] + 0.5
    found = np.array([(tile * xs).sum(), (tile * ys).sum()]) / tile.sum() + (500, 200)
    np.testing.assert_allclose(found, mapped, atol=0.3)
