from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import builders
import imagecodecs
import numpy as np
import pytest
import tifffile
from shapely.geometry import Point, box
from store_harness import ALL, TARGET, FolderHarness, note, push, push_of

from sar_models.domain.annotations import Annotation
from sar_models.domain.errors import AnnotationError, InputError, StoreError
from sar_models.domain.geometry import Region, Size
from sar_models.domain.slides import SlidePair
from sar_models.stores import FolderStore, Withdraw, folder_shelf
from sar_models.stores.alignment_folder import read_alignment
from sar_models.stores.geojson import lint, read_geojson, write_geojson
from sar_models.stores.readers.base import FileSlide

if TYPE_CHECKING:
    from sar_models.domain.slides import SlideInfo


@pytest.fixture
def harness(tmp_path: Path) -> FolderHarness:
    return FolderHarness(tmp_path)


def write_slide(path: Path) -> None:
    path.write_bytes(imagecodecs.png_encode(np.zeros((20, 30, 3), np.uint8)))


def test_only_slides_are_listed_and_a_broken_one_hides_no_other(tmp_path: Path) -> None:
    for name in ("b.svs", "A.TIF", "c d's ü.png"):
        write_slide(tmp_path / name)
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    (tmp_path / ".hidden.png").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "folder.tif").mkdir()
    store = FolderStore(tmp_path)
    assert store.names() == ["A.TIF", "b.svs", "broken.tif", "c d's ü.png"]
    scan = store.scan()
    assert [info.name for info in scan.slides] == ["A.TIF", "b.svs", "c d's ü.png"]
    assert list(scan.unreadable) == ["broken.tif"]
    assert list(store.slides()) == list(scan.slides)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        FolderStore(tmp_path / "nix")


@pytest.mark.parametrize("name", ["slide.ome.tif.geojson", "slide.ome.geojson", "slide.geojson"])
def test_annotations_are_found_and_merged_under_the_name_that_exists(
    name: str, tmp_path: Path
) -> None:
    write_slide(tmp_path / "slide.ome.tif")
    write_geojson(tmp_path / name, [note("theirs", metadata={})])
    store = FolderStore(tmp_path)
    assert [a.name for a in store.annotations("slide.ome.tif")] == ["theirs"]
    store.shelf.save_annotations("slide.ome.tif", ())
    assert [p.name for p in tmp_path.glob("*.geojson")] == [name]


def test_an_annotation_file_that_two_slides_could_own_is_refused(tmp_path: Path) -> None:
    write_slide(tmp_path / "slide.tif")
    write_slide(tmp_path / "slide.svs")
    write_geojson(tmp_path / "slide.geojson", [note("a")])
    with pytest.raises(StoreError, match=r"unclear.*slide\.tif\.geojson"):
        FolderStore(tmp_path).annotations("slide.tif")
    (tmp_path / "slide.svs").unlink()
    write_geojson(tmp_path / "slide.tif.geojson", [note("a")])
    with pytest.raises(StoreError, match="Keep one file"):
        FolderStore(tmp_path).annotations("slide.tif")


def test_broken_geojson_is_an_annotation_error(harness: FolderHarness) -> None:
    (harness.folder / f"{TARGET}.geojson").write_text('{"type": "FeatureCollection", "fea')
    with pytest.raises(AnnotationError, match=TARGET):
        harness.store.plan(push_of(note("a")), ALL)


def test_what_is_written_is_what_qupath_reads(harness: FolderHarness) -> None:
    push(harness, note("a"), note("b", 40, children=(note("c", 41),)))
    path = harness.folder / f"{TARGET}.geojson"
    assert not [
        finding for finding in lint(json.loads(path.read_bytes())) if finding.severity == "error"
    ]
    assert not read_geojson(path).notes


def test_objects_too_small_for_geojson_are_reported_each_time(harness: FolderHarness) -> None:
    dust = note("dust", geometry=Point(5, 5).buffer(0.001))
    for _ in range(2):
        report = push(harness, dust)
        assert [item.reason for item in report.items[1:]] == ["too small to be stored"]
    assert harness.store.annotations(TARGET) == ()


def test_the_alignment_folder_lies_below_and_opens_alone(harness: FolderHarness) -> None:
    alignment = builders.make_alignment()
    push(harness, files={"report.html": b"<html>", "preview/a.jpg": b"x"})
    (folder,) = (p for p in (harness.folder / "sar_align").iterdir() if p.is_dir())
    assert folder.name.startswith("he.tif_to_ihc.tif_")
    assert read_alignment(folder).content_sha256 == alignment.content_sha256
    assert (folder / "preview" / "a.jpg").read_bytes() == b"x"
    harness.store.apply(harness.store.plan(Withdraw("he.tif", TARGET, records=True), ALL))
    assert not folder.exists()


def test_slides_are_known_by_path_too(harness: FolderHarness) -> None:
    """An alignment made from two paths on the command line can be pushed to their folder."""
    pair = builders.make_alignment().pair

    def at_path(info: SlideInfo) -> SlideInfo:
        return replace(info, uri=str(harness.folder / info.uri))

    moved = builders.make_alignment(pair=SlidePair(at_path(pair.source), at_path(pair.target)))
    push(harness, note("a"), alignment=moved)
    assert [a.name for a in harness.store.annotations(TARGET)] == ["a"]
    assert push(harness, note("a")).items[1].reason == "unchanged"


def test_a_source_elsewhere_is_known_without_its_path(harness: FolderHarness) -> None:
    pair = builders.make_alignment().pair
    elsewhere = replace(pair.source, uri="/scans/Jane Doe/block.svs")
    alignment = builders.make_alignment(pair=SlidePair(elsewhere, pair.target))
    push(harness, note("a"), alignment=alignment)
    (item,) = (i for i in push(harness, note("a"), alignment=alignment).items if i.label)
    assert item.reason == "unchanged"
    assert item.key.source.startswith("block.svs#")
    for path in (harness.folder / f"{TARGET}.geojson", *harness.folder.glob("sar_align/*.json")):
        assert "Jane" not in path.read_text()
    withdrawn = harness.store.apply(harness.store.plan(Withdraw(elsewhere.uri, TARGET), ALL))
    assert withdrawn.counts["delete"] == 1


def test_the_journal_is_small_and_versioned(harness: FolderHarness) -> None:
    push(harness, note("a"))
    path = harness.folder / "sar_align" / f"{TARGET}.journal.json"
    record = json.loads(path.read_text())
    assert record == {
        "version": 1,
        "target": TARGET,
        "published": {"he.tif": [str(note("a").id)]},
    }
    path.write_text(json.dumps(record | {"version": 2}))
    with pytest.raises(StoreError, match="version 2"):
        harness.store.plan(push_of(), ALL)
    path.write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        harness.store.plan(push_of(), ALL)


def test_a_full_disk_is_a_clear_error_and_leaves_the_old_state(
    harness: FolderHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(harness, note("a"))
    before = harness.fingerprint()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder_shelf, "write_geojson", full)
    with pytest.raises(StoreError, match=r"cannot be written: No space left.*half written"):
        push(harness, note("a"), note("b", 40))
    assert harness.fingerprint() == before


KILLED_PUSH = """
import os, sys
sys.path[:0] = {paths!r}
from pathlib import Path
from store_harness import *
harness = FolderHarness(Path({folder!r}))
shelf = harness.store.shelf
original = shelf.save_annotations
def kill(*args):
    original(*args)
    os._exit(9)
shelf.save_annotations = kill
push(harness, note("a"))
"""


def test_a_killed_process_blocks_nobody_and_its_push_is_finished_by_the_next(
    harness: FolderHarness,
) -> None:
    root = Path(__file__).parents[3]
    paths = [str(root / "models"), str(root / "tests")]
    code = KILLED_PUSH.format(paths=paths, folder=str(harness.folder))
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 9
    results = harness.folder / "sar_align"
    assert (results / f"{TARGET}.lock").is_file()
    assert not (results / f"{TARGET}.journal.json").exists()
    report = push(harness, note("a"))
    assert report.counts == {"create": 0, "update": 0, "keep": 2, "delete": 0}
    assert not (results / f"{TARGET}.lock").exists()
    assert (results / f"{TARGET}.journal.json").exists()


def test_geojson_in_qupaths_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """QuPath shows a slide with bounds cropped to them; its exports count from there."""
    write_slide(tmp_path / "slide.png")
    real = FileSlide.info
    bounds = Region(10, 5, 12, 10)
    monkeypatch.setattr(
        FileSlide, "info", property(lambda self: replace(real.__get__(self), bounds=bounds))
    )
    cell = Annotation(
        uuid.uuid4(), box(1, 2, 4, 5), kind="cell", nucleus=box(2, 3, 3, 4),
        children=(Annotation(uuid.uuid4(), box(1, 1, 2, 2)),),
    )  # fmt: skip
    write_geojson(tmp_path / "slide.png.geojson", [cell])
    store = FolderStore(tmp_path)
    (read,) = store.annotations("slide.png")
    assert read.geometry.equals(box(11, 7, 14, 10))
    assert read.nucleus is not None
    assert read.nucleus.equals(box(12, 8, 13, 9))
    assert read.children[0].geometry.equals(box(11, 6, 12, 7))
    store.shelf.save_annotations("slide.png", (read,))
    (written,) = read_geojson(tmp_path / "slide.png.geojson").annotations
    assert written.geometry.equals(cell.geometry)
    (as_file,) = FolderStore(tmp_path, frame="file").annotations("slide.png")
    assert as_file.geometry.equals(cell.geometry)


def test_pyramids_come_through(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "p.tif") as writer:
        for step in (1, 2):
            pixels = np.zeros((64 // step, 96 // step, 3), np.uint8)
            writer.write(pixels, photometric="rgb", metadata=None, subfiletype=int(step > 1))
    (info,) = FolderStore(tmp_path).slides()
    assert info.levels == (Size(96, 64), Size(48, 32))
    assert info.uri == "p.tif"
    assert os.sep not in info.uri
