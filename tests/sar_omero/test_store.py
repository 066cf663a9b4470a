"""Slides and objects of a server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from omero_fixtures import open_as, picture

from sar_models.domain.errors import SlideError, StoreError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_omero.pixels import OmeroPixels

if TYPE_CHECKING:
    from pathlib import Path

    from omero_scenes import Scene
    from omero_server import Server


def test_tiles_come_from_the_right_level_whole_and_in_order(scene: Scene) -> None:
    before = scene.server.open_services()
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 2**16, (700, 901), dtype=np.uint16)
    image = scene.server.add_image("grey 16 bit", pixels, factors=(1, 4, 16), mpp=0.25)
    record = scene.store.shelf.image(f"Image:{image.id}")
    source = OmeroPixels(scene.store.connection, record)
    assert source.levels == (Size(901, 700), Size(225, 175), Size(56, 43))
    part = source.read(0, Region(600, 400, 301, 300))
    assert (part[..., 0] == pixels[400:700, 600:901]).all()
    assert source.read(2, Region(0, 0, 56, 43)).shape == (43, 56, 1)
    source.close()
    assert scene.server.open_services() == before


def test_a_thousand_reads_leave_no_service_behind(scene: Scene) -> None:
    # Clients that other tests killed have left some.
    before = scene.server.open_services()
    for _ in range(20):
        with scene.store.open(scene.source) as slide:
            for x in range(50):
                slide.read(0, Region(x, 0, 8, 8))
    assert scene.server.open_services() == before
    with scene.store.open(scene.source) as slide:
        assert (slide.read(0, Region(5, 6, 30, 20)) == picture()[6:26, 5:35]).all()
    with pytest.raises(SlideError, match="closed"):
        slide.read(0, Region(0, 0, 1, 1))


def test_what_is_known_of_slides(scene: Scene) -> None:
    server = scene.server
    dataset = server.add_dataset("block 1")
    for name, fields in {
        "b.svs": {"mpp": 250.0, "unit": "NANOMETER"},
        "a.svs": {"mpp": 1.0, "unit": "PIXEL"},
        "a.svs [label image]": {},
        "macro": {},
    }.items():
        server.add_image(name, picture(), dataset=dataset, **fields)
    server.add_image("fluorescence", np.zeros((5, 60, 80), np.float32), dataset=dataset)
    store = open_as(server, "ann", server.folder / "s", f"/dataset/{dataset}")
    infos = {info.name: info for info in store.slides()}
    assert list(infos) == ["b.svs", "a.svs"]
    assert infos["b.svs"].mpp == Mpp(0.25, 0.25)
    assert infos["a.svs"].mpp is None
    assert infos["a.svs"].uri.startswith(f"omero://127.0.0.1:{server.port}/image/")
    assert len({info.checksum for info in infos.values()}) == 2
    with pytest.raises(SlideError, match="5 channels of float"):
        store.open(f"Image:{max(record.number for record in store.records())}")
    store.close()


def test_a_pyramid_that_is_being_built_is_waited_for(scene: Scene) -> None:
    image = scene.server.add_image("new", picture())
    scene.server.missing_pyramid(image.pixels, attempts=2)
    with scene.store.open(f"Image:{image.id}") as slide:
        assert slide.info.size == Size(80, 60)


def test_transforms_of_shapes_are_applied(scene: Scene) -> None:
    shape = {"kind": "Rectangle", "x": 0.0, "y": 0.0, "width": 2.0, "height": 1.0}
    turned = shape | {"transform": (0, 1, -1, 0, 10, 20), "textValue": "turned"}
    scene.server.add_rois(scene.target_number, [[shape, turned]])
    first, second = scene.store.annotations(scene.target)
    assert first.geometry.bounds == (0, 0, 2, 1)
    assert second.geometry.bounds == (9, 20, 10, 22)
    assert second.name == "turned"


def test_ten_thousand_rois_come_in_pages_and_memory_stays_bounded(scene: Scene) -> None:
    shapes = [[{"kind": "Point", "x": float(i), "y": 1.0}] for i in range(10_000)]
    scene.server.add_rois(scene.source_number, shapes)
    before = psutil.Process(os.getpid()).memory_info().rss
    scene.server.forget_calls()
    found = scene.store.annotations(scene.source)
    assert [one.geometry.x for one in found] == [float(i) for i in range(10_000)]
    assert scene.server.calls()["IQuery.findAllByQuery"] >= 20
    assert psutil.Process(os.getpid()).memory_info().rss - before < 300 * 2**20


@pytest.mark.parametrize("name", ["Image:999999", "he.tif", "omero://elsewhere/image/1"])
def test_unknown_images_are_refused(scene: Scene, name: str) -> None:
    with pytest.raises(StoreError, match=r"no Image:999999|has no slide"):
        scene.store.open(name)


def test_images_of_groups_that_one_is_not_in_are_not_seen(omero: Server, tmp_path: Path) -> None:
    hidden = omero.add_image("hidden", picture(), group="private-lab")
    store = open_as(omero, "eve", tmp_path)
    with pytest.raises(StoreError, match="'eve' must not see it"):
        store.open(f"Image:{hidden.id}")
    store.close()
