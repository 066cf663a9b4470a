"""Stacks from files, and generated ones that are kept."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from sar_models.domain.errors import InputError, SlideError
from sar_models.synthesis import stacks
from sar_models.synthesis.stacks import (
    collect_generated,
    collect_slides,
    collect_tiles,
    find_tissue_files,
    kept,
)

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = ("100_1", "100_2", "20_7", "3_1", "3_2", "3_3", "3_4")
TILE = 32


def quiet(stage: str, fraction: float) -> None:
    """Report to nobody."""
    assert 0 <= fraction < 1


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tissue: two tiles of each of seven regions, and a slide."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("hemit", "wsi", "landmarks"):
        (folder / name).mkdir()
    rng = np.random.default_rng(0)
    for region in REGIONS:
        for tile in ("t1", "t2"):
            he = rng.integers(90, 255, (TILE, TILE, 3), dtype=np.uint8)
            channels = rng.integers(0, 255, (4 * TILE, TILE), dtype=np.uint8)
            cv2.imwrite(str(folder / "hemit" / f"{region}_{tile}_he.jpg"), he)
            cv2.imwrite(str(folder / "hemit" / f"{region}_{tile}_mihc.jpg"), channels)
    # What a file is, its content says.
    cv2.imwrite(str(folder / "slide.png"), rng.integers(90, 255, (50, 70, 3), dtype=np.uint8))
    (folder / "slide.png").rename(folder / "wsi" / "a.svs")
    return folder


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoiled."""
    return shutil.copytree(prepared, tmp_path / "data")


def test_tiles_are_split_by_region(prepared: Path) -> None:
    tiles = collect_tiles(find_tissue_files(prepared).tiles, quiet)
    assert [stack.name for stack in tiles.validation] == [
        *("100_1_t1", "100_1_t2"),
        *("3_4_t1", "3_4_t2"),
    ]
    assert len(tiles.training) == 10
    assert not {s.group for s in tiles.training} & {s.group for s in tiles.validation}
    assert {stack.planes.shape for stack in tiles.training} == {(2, 6, TILE, TILE)}


def test_only_held_out_tiles_are_those_that_are_held_out_of_all(prepared: Path) -> None:
    files = find_tissue_files(prepared).tiles
    held, whole = collect_tiles(files, quiet, only_held_out=True), collect_tiles(files, quiet)
    assert held.training == ()
    assert [s.name for s in held.validation] == [s.name for s in whole.validation]


def test_slides_are_all_to_learn_from(prepared: Path) -> None:
    slides = collect_slides(find_tissue_files(prepared).slides, quiet)
    (slide,) = slides.training
    assert slide.name == "a"
    assert slide.planes.shape == (1, 3, 50, 70)
    assert slides.validation == ()


def test_the_record_tells_data_apart_wherever_it_lies(prepared: Path, data: Path) -> None:
    record = find_tissue_files(prepared).to_record()
    assert record["tiles"]["count"] == 14
    assert record["slides"]["names"] == ["a.svs"]
    assert find_tissue_files(data).to_record() == record
    tile = data / "hemit" / "20_7_t1_he.jpg"
    shutil.copy(data / "hemit" / "20_7_t2_he.jpg", tile)
    changed = find_tissue_files(data).to_record()
    assert changed["tiles"]["sha256"] != record["tiles"]["sha256"]
    assert changed["slides"] == record["slides"]


def test_what_is_missing_is_named(data: Path, tmp_path: Path) -> None:
    (data / "hemit" / "20_7_t2_mihc.jpg").unlink()
    with pytest.raises(InputError, match=r"Tile '20_7_t2' .* has only one of"):
        find_tissue_files(data)
    shutil.rmtree(data / "wsi")
    (data / "hemit" / "20_7_t2_he.jpg").unlink()
    with pytest.raises(InputError, match=r"wsi' holds no '\*.svs'"):
        find_tissue_files(data)
    with pytest.raises(InputError, match=r"hemit' holds no '\*_he.jpg'"):
        find_tissue_files(tmp_path / "nowhere")


def test_odd_pictures_are_refused(data: Path) -> None:
    files = find_tissue_files(data)
    first = files.tiles[0]
    shutil.copy(first.he, first.channels)
    with pytest.raises(InputError, match="has colours"):
        collect_tiles(files.tiles, quiet)
    cv2.imwrite(str(first.channels), np.zeros((3 * TILE, TILE), dtype=np.uint8))
    with pytest.raises(InputError, match="Tile '100_1_t1' of 32 x 32 px has channels of shape"):
        collect_tiles(files.tiles, quiet)
    files.slides[0].write_bytes(b"no slide")
    with pytest.raises(SlideError, match="not an image of a known format"):
        collect_slides(files.slides, quiet)


def test_generated_stacks_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def draw(seed: int) -> stacks.Stack:
        drawn.append(seed)
        planes = np.full((2, 3, 20, 30), seed, dtype=np.uint8)
        return stacks.Stack(f"generated-{seed}", planes, f"generated-{seed}")

    monkeypatch.setattr(kept, "generated_stack", draw)
    for _ in range(2):
        found = collect_generated(tmp_path / "stacks", range(5, 9), 1, quiet)
        assert drawn == [5, 6, 7, 8]
        assert [stack.name for stack in found.training] == [f"generated-{s}" for s in (5, 6, 7)]
        (held,) = found.validation
        assert (held.planes == 8).all()
        assert held.planes.flags.writeable  # torch warns of memory that is not
    assert len(list((tmp_path / "stacks").iterdir())) == 4


def test_a_kept_file_that_is_no_stack_is_named(tmp_path: Path) -> None:
    path = tmp_path / "generated-5.npy"
    for spoil in (b"", b"no array", None):
        if spoil is None:
            np.save(path, np.zeros((2, 2)))
        else:
            path.write_bytes(spoil)
        with pytest.raises(InputError, match=r"generated-5.npy' is no stack of tissue.*Delete it"):
            collect_generated(tmp_path, [5], 0, quiet)


def test_an_interrupted_drawing_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        collect_generated(tmp_path, [5], 0, quiet)
    assert list(tmp_path.iterdir()) == []
