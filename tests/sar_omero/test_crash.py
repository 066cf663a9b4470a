"""Killed after any single write, or two at once: the next push makes it whole, nothing is twice."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from omero_fixtures import open_as
from omero_scenes import Scene, push_as
from shapely.geometry import box
from store_harness import note

from sar_models.domain.errors import ConflictError, StoreError
from sar_omero.roi_codec import encode
from sar_omero.rois import create_rois
from sar_omero.target_objects import read_objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omero_server import Server

NOTES = (note("a"), note("b", 40))


@pytest.fixture(scope="module")
def children() -> Iterator[Any]:
    """Processes that have omero-py loaded and nothing begun."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["omero_scenes", "sar_omero.store"])
    return context


def told(server: Server) -> Any:
    """Return what a child needs to know of the server: a handle with pipes does not travel."""
    return SimpleNamespace(
        host=server.host, port=server.port, users=server.users, certificate=server.certificate
    )


def test_a_push_that_is_killed_after_any_write_is_completed_by_the_next(
    scene: Scene, children: Any, tmp_path: Path
) -> None:
    server = scene.server
    empty = server.content()
    scene.push(*NOTES)
    whole = server.content()
    scene.withdraw()
    assert server.content() == empty
    arguments = (told(server), "ann", tmp_path / "child", scene.source, scene.target)
    killed = 0
    while True:
        server.after_write(killed + 1)
        child = children.Process(target=push_as, args=arguments)
        child.start()
        held = False
        while not held and child.is_alive():
            held = server.wait_held(0.1)
        child.kill()
        child.join()
        server.heal()
        if not held:
            break
        killed += 1
        scene.push(*NOTES)
        assert server.content() == whole, f"killed after write {killed}"
        assert server.orphans() == []
        server.forget_calls()
        assert scene.push(*NOTES).counts == {"create": 0, "update": 0, "keep": 3, "delete": 0}
        assert server.writes() == []
        scene.withdraw()
        assert server.content() == empty
    assert killed > 10


def test_two_pushers_leave_one_of_each(scene: Scene, omero: Server, tmp_path: Path) -> None:
    others = [open_as(omero, "ann", tmp_path / str(number)) for number in range(2)]
    problems: list[StoreError] = []

    def push(store: Any) -> None:
        try:
            scene.push(*NOTES, store=store)
        except ConflictError as exc:
            problems.append(exc)

    threads = [threading.Thread(target=push, args=(store,)) for store in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in others:
        store.close()
    assert len(problems) <= 1
    assert scene.push(*NOTES).counts["create"] == 0
    names = [one.name for one in scene.store.annotations(scene.target)]
    assert sorted(names) == ["a", "b"]
    after = read_objects(scene.store.connection, scene.target_number, "test", 500)
    assert (len(after.rois), after.losers) == (2, [])


def test_a_second_object_of_the_same_key_is_removed_by_the_next_push(scene: Scene) -> None:
    """What two pushers that could not see each other would leave."""
    scene.push(*NOTES)
    connection = scene.store.connection
    present = read_objects(connection, scene.target_number, "test", 500)
    twins = [replace(roi, number=0) for roi in present.rois.values()]
    group = scene.store.shelf.image(scene.target).group
    connection.write(lambda session: create_rois(session, scene.target_number, twins, group))
    report = scene.push(*NOTES)
    assert report.counts == {"create": 0, "update": 0, "keep": 3, "delete": 0}
    after = read_objects(connection, scene.target_number, "test", 500)
    assert not after.losers
    assert {n: r.number for n, r in after.rois.items()} == {
        n: r.number for n, r in present.rois.items()
    }


def test_a_copy_that_a_person_changed_is_no_second_object(scene: Scene) -> None:
    scene.push(note("a"))
    (ours,) = scene.store.annotations(scene.target)
    copy = encode(replace(ours, geometry=box(1, 1, 9, 9)))
    group = scene.store.shelf.image(scene.target).group
    scene.store.connection.write(
        lambda session: create_rois(session, scene.target_number, [copy], group)
    )
    scene.push(note("a"))
    assert len(scene.store.annotations(scene.target)) == 2
    scene.withdraw()
    (left,) = scene.store.annotations(scene.target)
    assert left.geometry.equals(box(1, 1, 9, 9))
