"""The messages of a viewer, without a notebook."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from widget_page import Page
from widget_scenes import WidgetScene, widget_scene

from sar_models.domain.errors import OptionError
from sar_widgets.grid import TileKey
from sar_widgets.items import Item
from sar_widgets.options import ViewerOptions
from sar_widgets.session import TileSession


@pytest.fixture(scope="module")
def scene() -> WidgetScene:
    return widget_scene()


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def session(page: Page, scene: WidgetScene) -> Iterator[TileSession]:
    session = TileSession(page, ViewerOptions(batch_interval_s=0.0))
    session.add(item_of(scene))
    yield session
    session.close()


def item_of(scene: WidgetScene) -> Item:
    info = scene.alignment.pair
    return Item(
        scene.alignment, scene.opener(info.source), scene.opener(info.target), ViewerOptions()
    )


def ask(scene: WidgetScene, *keys: str, generation: int = 1, ahead: bool = False) -> dict[str, Any]:
    return {
        "type": "tiles",
        "item": scene.alignment.content_sha256,
        "generation": generation,
        "keys": list(keys),
        "ahead": ahead,
    }


def test_tiles_come_as_raw_buffers_that_the_message_numbers(
    session: TileSession, page: Page, scene: WidgetScene
) -> None:
    keys = ["target/0/0/0", "source/0/0/0", f"source/{item_of(scene).renderer.grid.max_level}/0/0"]
    assert session.handle(ask(scene, *keys))
    page.wait(lambda p: set(p.tiles) == set(keys))
    for message, buffers in page.messages:
        numbers = [t["buffer"] for t in message["tiles"] if t["buffer"] is not None]
        assert numbers == list(range(len(buffers)))
        assert all(buffers)
    assert page.tiles[keys[2]]["buffer"] is None
    assert page.tiles[keys[0]]["format"] == "image/jpeg"


def test_many_tiles_share_a_message_and_no_more_are_sent_than_acknowledged(
    page: Page, scene: WidgetScene
) -> None:
    options = ViewerOptions(batch_interval_s=0.0, unacknowledged=2, batch_bytes=1)
    session = TileSession(page, options)
    session.add(item_of(scene))
    level = item_of(scene).renderer.grid.max_level
    session.handle(ask(scene, *(f"target/{level}/{n}/4" for n in range(6))))
    page.wait(lambda p: len(p.messages) == 2)
    while session.pool.waiting:
        time.sleep(0.01)
    assert len(page.messages) == 2
    for message, _ in list(page.messages):
        session.handle({"type": "ack", "batch": message["batch"]})
    page.wait(lambda p: len(p.messages) == 4)
    session.close()


def test_a_lost_message_does_not_stop_the_rest(page: Page, scene: WidgetScene) -> None:
    options = ViewerOptions(
        batch_interval_s=0.0, unacknowledged=1, batch_bytes=1, ack_timeout_s=0.1
    )
    session = TileSession(page, options)
    session.add(item_of(scene))
    session.handle(ask(scene, *(f"target/3/{n}/1" for n in range(3))))
    page.wait(lambda p: len(p.tiles) == 3)
    session.close()


def test_stale_generations_are_dropped_and_what_is_ahead_is_kept(
    page: Page, scene: WidgetScene
) -> None:
    session = TileSession(page, ViewerOptions(threads=1, batch_interval_s=0.0))
    session.add(item_of(scene))
    gate = threading.Event()
    session.pool.submit(lambda: gate.wait(60) and None, rank=-1)
    session.handle(ask(scene, "target/3/0/0", generation=1))
    session.handle(ask(scene, "target/3/1/0", generation=1, ahead=True))
    session.handle({"type": "cancel", "generation": 2})
    session.handle(ask(scene, "target/3/2/0", generation=2))
    session.handle(ask(scene, "target/3/3/0", generation=1))
    gate.set()
    page.wait(lambda p: len(p.tiles) == 2)
    assert list(page.tiles) == ["target/3/2/0", "target/3/1/0"]
    assert [m["key"] for m in page.of("refused")] == ["target/3/3/0"]
    session.close()


def test_a_dropped_tile_can_be_asked_for_again(page: Page, scene: WidgetScene) -> None:
    session = TileSession(page, ViewerOptions(threads=1, batch_interval_s=0.0))
    session.add(item_of(scene))
    gate = threading.Event()
    session.pool.submit(lambda: gate.wait(60) and None, rank=-1)
    session.handle(ask(scene, "target/3/0/0", generation=1))
    session.handle({"type": "cancel", "generation": 2})
    session.handle(ask(scene, "target/3/0/0", generation=2))
    gate.set()
    page.wait(lambda p: "target/3/0/0" in p.tiles)
    session.close()


def test_a_tile_that_cannot_be_made_is_told(
    session: TileSession, page: Page, scene: WidgetScene
) -> None:
    session.handle(ask(scene, "target/99/0/0", "nonsense"))
    page.wait(lambda p: len(p.of("refused")) == 2)
    assert "no level 99" in page.of("refused")[0]["message"]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "tiles", "item": "x", "generation": "1", "keys": []},
        {"type": "tiles", "item": "x", "generation": 1, "keys": "all"},
        {"type": "cancel"},
        {"type": "ack", "batch": True},
    ],
)
def test_a_malformed_message_is_refused(session: TileSession, message: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        session.handle(message)


def test_other_messages_are_left_to_others(session: TileSession) -> None:
    assert not session.handle({"type": "decide"})


def test_the_library_comes_in_one_buffer(session: TileSession, page: Page) -> None:
    session.handle({"type": "library"})
    ((message, (code,)),) = page.messages
    assert message == {"type": "library"}
    assert b"OpenSeadragon" in code[:2000]


def test_finished_tiles_are_kept_up_to_their_bytes(page: Page, scene: WidgetScene) -> None:
    session = TileSession(page, ViewerOptions(cache_bytes=40_000, batch_interval_s=0.0))
    item = item_of(scene)
    session.add(item)
    level = item.renderer.grid.max_level
    keys = [f"target/{level}/{n}/{m}" for n in range(6) for m in range(3)]
    session.handle(ask(scene, *keys))
    for message in keys:
        page.wait(lambda p, key=message: key in p.tiles or bool(ack_all(session, p)))
    assert 0 < session.cache.held_bytes <= 40_000
    session.close()
    assert session.cache.held_bytes == 0


def ack_all(session: TileSession, page: Page) -> bool:
    for message, _ in list(page.messages):
        session.outbox.acknowledge(message.get("batch", 0))
    return False


def test_closing_ends_threads_and_slides_and_takes_nothing_more(
    page: Page, scene: WidgetScene
) -> None:
    before = threading.active_count()
    session = TileSession(page, ViewerOptions(batch_interval_s=0.0))
    item = item_of(scene)
    session.add(item)
    session.handle(ask(scene, "target/0/0/0"))
    page.wait(lambda p: bool(p.tiles))
    session.close()
    session.close()
    assert threading.active_count() == before
    assert all(slide._closed for slide in item._slides)
    session.handle(ask(scene, "target/1/0/0"))
    assert page.of("refused")


def test_old_items_are_closed(session: TileSession, page: Page) -> None:
    scenes = [widget_scene(f"case {n}") for n in range(9)]
    items = [item_of(scene) for scene in scenes]
    for item in items:
        session.add(item)
    assert items[0]._slides[0]._closed
    assert session.item(items[-1].token) is items[-1]


def test_a_key_names_a_layer() -> None:
    assert TileKey.parse("source/1/0/0").layer == "source"
