import pytest

from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import Size
from sar_widgets.grid import TileGrid, TileKey


def test_level_0_is_one_tile_and_the_last_level_is_full_resolution() -> None:
    grid = TileGrid(Size(100_000, 70_001), 256)
    assert grid.shape(0) == (1, 1)
    assert grid.downsample(grid.max_level) == 1.0
    assert grid.shape(grid.max_level) == (391, 274)


@pytest.mark.parametrize("level", [0, 3, 9])
def test_tiles_cover_the_slide_without_gap_or_overlap(level: int) -> None:
    grid = TileGrid(Size(100_000, 70_001), 256)
    columns, rows = grid.shape(level)
    last = grid.box(TileKey("target", level, columns - 1, rows - 1))
    assert (last.right, last.bottom) == (100_000.0, 70_001.0)
    for column in range(min(columns - 1, 5)):
        here, right = (grid.box(TileKey("target", level, column + i, 0)) for i in (0, 1))
        assert here.right == right.x
        assert here.width == 256


@pytest.mark.parametrize(
    "text", ["", "source/1/2", "other/1/2/3", "source/-1/0/0", "source/1/2/x", "source/1/2/3/4"]
)
def test_what_is_no_tile_is_refused(text: str) -> None:
    with pytest.raises(OptionError):
        TileKey.parse(text)


@pytest.mark.parametrize("text", ["source/40/0/0", "target/0/1/0", "target/2/0/9"])
def test_a_tile_beyond_the_pyramid_is_refused(text: str) -> None:
    with pytest.raises(OptionError):
        TileGrid(Size(1000, 800), 256).box(TileKey.parse(text))


def test_a_key_is_written_as_it_is_read() -> None:
    assert str(TileKey.parse("source/3/4/5")) == "source/3/4/5"
