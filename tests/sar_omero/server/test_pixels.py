"""Pixels: levels, tiles, bytes, pyramids under construction, stores that nobody closes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import omero
import pytest
from omero_server import ramp
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omero_server import SeededImage, Server


@pytest.fixture
def store(gateway: Any) -> Iterator[Any]:
    opened = gateway.c.sf.createRawPixelsStore()
    yield opened
    opened.close()


def test_levels_are_numbered_against_their_descriptions(
    server: Server, gateway: Any, store: Any
) -> None:
    image = server.add_image("slide", ramp(203, 301), factors=(1, 4, 16))
    store.setPixelsId(image.pixels, False)

    sizes = [(d.sizeX, d.sizeY) for d in store.getResolutionDescriptions()]
    assert sizes == [(301, 203), (75, 50), (18, 12)]
    assert store.getResolutionLevels() == 3
    assert store.getResolutionLevel() == 2  # full resolution
    assert len(store.getPlane(0, 0, 0)) == 301 * 203
    store.setResolutionLevel(0)
    assert len(store.getPlane(0, 0, 0)) == 18 * 12
    assert store.getTileSize() == [18, 12]


def test_tiles_have_the_pixels_and_end_at_the_edge(server: Server, store: Any) -> None:
    picture = ramp(60, 80)
    image = server.add_image("slide", picture)
    store.setPixelsId(image.pixels, False)

    tile = np.frombuffer(store.getTile(0, 2, 0, 64, 48, 16, 12), np.uint8).reshape(12, 16)

    np.testing.assert_array_equal(tile, picture[48:, 64:, 2])
    with pytest.raises(omero.InternalException, match="Invalid tile size"):
        store.getTile(0, 2, 0, 64, 48, 17, 12)


def test_smaller_levels_are_means(server: Server, store: Any) -> None:
    picture = np.arange(16, dtype=np.float32).reshape(4, 4)
    image = server.add_image("slide", picture, factors=(1, 2))
    store.setPixelsId(image.pixels, False)
    store.setResolutionLevel(0)

    plane = np.frombuffer(store.getPlane(0, 0, 0), ">f4").reshape(2, 2)

    np.testing.assert_allclose(plane, [[2.5, 4.5], [10.5, 12.5]])


def test_bytes_are_big_endian(server: Server, gateway: Any, store: Any) -> None:
    image = server.add_image("deep", np.array([[1, 2], [3, 258]], dtype=np.uint16), factors=(1,))
    store.setPixelsId(image.pixels, False)

    assert store.getByteWidth() == 2
    assert store.getTile(0, 0, 0, 0, 0, 2, 2) == bytes([0, 1, 0, 2, 0, 3, 1, 2])
    tile = gateway.getObject("Image", image.id).getPrimaryPixels().getTile(0, 0, 0, (0, 0, 2, 2))
    assert tile[1, 1] == 258


def test_sizes_of_pixels_may_be_unknown_or_in_other_units(server: Server, gateway: Any) -> None:
    unknown = server.add_image("a", ramp(), mpp=None)
    nanometres = server.add_image("b", ramp(), mpp=250.0, unit="NANOMETER")

    assert gateway.getObject("Image", unknown.id).getPixelSizeX() is None
    found = gateway.getObject("Image", nanometres.id)
    assert found.getPixelSizeX(units="MICROMETER").getValue() == pytest.approx(0.25)
    assert found.getPixelSizeX(units=True).getUnit().name == "NANOMETER"


def test_a_pyramid_under_construction_says_when_to_come_back(
    server: Server, image: SeededImage, store: Any
) -> None:
    server.missing_pyramid(image.pixels, attempts=2, backoff_ms=5)

    for _ in range(2):
        with pytest.raises(omero.MissingPyramidException) as caught:
            store.setPixelsId(image.pixels, False)
        assert (caught.value.backOff, caught.value.pixelsID) == (5, image.pixels)
    store.setPixelsId(image.pixels, False)

    assert store.getResolutionLevels() == 2


def test_pixels_of_another_group_cannot_be_read(server: Server, store: Any) -> None:
    hidden = server.add_image("hidden", ramp(), owner="ben", group="private-lab")

    with pytest.raises(omero.ValidationException, match="Cannot read pixels id"):
        store.setPixelsId(hidden.pixels, False, {"omero.group": "-1"})


def test_services_that_nobody_closes_are_counted_and_limited(
    server: Server, gateway: Any, image: SeededImage
) -> None:
    server.limit_services(3)
    stores = [gateway.c.sf.createRawPixelsStore() for _ in range(3)]

    assert server.open_services() == ["RawPixelsStore"] * 3
    with pytest.raises(omero.OverUsageException):
        gateway.c.sf.createRawPixelsStore()
    for opened in stores:
        opened.close()
    assert server.open_services() == []


def test_a_generator_of_the_gateway_that_is_left_leaks(
    server: Server, gateway: Any, image: SeededImage
) -> None:
    tiles = gateway.getObject("Image", image.id).getPrimaryPixels().getTiles([(0, 0, 0, None)] * 2)
    next(tiles)
    del tiles

    assert server.open_services() == ["RawPixelsStore"]


def test_thumbnails_are_small_jpegs(gateway: Any, image: SeededImage) -> None:
    jpeg = gateway.getObject("Image", image.id).getThumbnail((30, 30))

    with Image.open(io.BytesIO(jpeg)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (30, 20))
