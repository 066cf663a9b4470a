"""Sessions that end, connections that break, servers that restart, logins that are refused."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from omero_fixtures import address, open_as, options, picture
from omero_server import omero_server
from store_harness import note

from sar_models.domain.errors import StoreError
from sar_models.domain.geometry import Region
from sar_omero.address import parse_address
from sar_omero.credentials import Login
from sar_omero.secret import Secret
from sar_omero.session_store import SessionStore
from sar_omero.store import OmeroStore

if TYPE_CHECKING:
    from pathlib import Path

    from omero_scenes import Scene
    from omero_server import Server


def test_reads_go_on_after_the_session_expired(scene: Scene) -> None:
    with scene.store.open(scene.source) as slide:
        slide.read(0, Region(0, 0, 8, 8))
        scene.server.expire_sessions()
        assert (slide.read(0, Region(1, 2, 30, 20)) == picture()[2:22, 1:31]).all()
    assert scene.push(note("a")).counts["create"] == 2


def test_a_connection_that_drops_in_the_middle_of_a_tile(scene: Scene) -> None:
    with scene.store.open(scene.source) as slide:
        for at in (1, 2, 3):
            scene.server.fail("drop", "RawPixelsStore.getTile", at=at)
            assert (slide.read(0, Region(1, 2, 30, 20)) == picture()[2:22, 1:31]).all()
            scene.server.heal()


def test_a_push_that_loses_the_connection_is_repaired_by_the_next(scene: Scene) -> None:
    empty = scene.server.content()
    scene.push(note("a"))
    whole = scene.server.content()
    scene.withdraw()
    assert scene.server.content() == empty
    for action in ("drop", "lose", "expire"):
        for at in (1, 3, 6, 12):
            scene.server.fail(action, "writes", at=at)
            with pytest.raises(StoreError):
                scene.push(note("a"))
            scene.server.heal()
            scene.push(note("a"))
            assert scene.server.content() == whole, (action, at)
            scene.withdraw()
    assert scene.server.orphans() == []


def test_a_server_that_restarts_is_waited_for(tmp_path: Path) -> None:
    with omero_server(tmp_path / "server") as server:
        image = server.add_image("he", picture())
        store = open_as(server, "ann", tmp_path / "sessions", patience_s=90.0)
        with store.open(f"Image:{image.id}") as slide:
            slide.read(0, Region(0, 0, 8, 8))
            server.kill()
            restart = threading.Timer(1.0, server.start)
            restart.start()
            assert (slide.read(0, Region(0, 0, 40, 40)) == picture()[:40, :40]).all()
            restart.join()
        store.close()


def test_a_server_that_stays_away_is_one_clear_error(tmp_path: Path) -> None:
    with omero_server(tmp_path / "server") as server:
        store = open_as(server, "ann", tmp_path / "sessions", patience_s=1.0)
        server.stop()
        with pytest.raises(StoreError, match="does not answer"):
            store.open("Image:1")
        store.close()


def test_a_refused_login_is_tried_once(
    omero: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = parse_address(address(omero, "/image/1"))
    monkeypatch.setenv("OMERO_USER", "ann")
    monkeypatch.setenv("OMERO_PASSWORD", "not-hers")
    before = omero.logins_refused()
    for _ in range(3):
        store = OmeroStore(place, options(omero), SessionStore(place, tmp_path))
        with pytest.raises(StoreError, match="refuses the login of 'ann'") as caught:
            store.records()
        assert "not-hers" not in str(caught.value)
        store.close()
    assert omero.logins_refused() - before == 1
    # What a person types is another password, and is tried.
    store.connection.log_in(Login("ann", Secret(omero.users["ann"]), "the prompt"))
    store.close()


def test_workers_join_one_session_which_stays_open(omero: Server, tmp_path: Path) -> None:
    first = open_as(omero, "ben", tmp_path)
    key = first.connection.session().key.reveal()
    before = len(omero.sessions())
    place = parse_address(address(omero, "/image/1"))
    others = [OmeroStore(place, options(omero), SessionStore(place, tmp_path)) for _ in range(2)]
    for store in others:
        assert store.connection.read(lambda session: session.user) == "ben"
        assert store.connection.session().key.reveal() == key
    assert len(omero.sessions()) == before
    for store in others:
        store.close()
    assert first.connection.read(lambda session: session.user) == "ben"
    first.close()


def test_the_certificate_is_checked_unless_that_is_given_up(omero: Server, tmp_path: Path) -> None:
    from sar_omero.options import OmeroOptions

    place = parse_address(address(omero, "/image/1"))
    login = Login("ann", Secret(omero.users["ann"]), "the test")
    trusting = OmeroStore(place, OmeroOptions(patience_s=1.0), SessionStore(place, tmp_path))
    with pytest.raises(StoreError):
        trusting.connection.log_in(login)
    careless = OmeroStore(place, OmeroOptions(insecure=True), SessionStore(place, tmp_path / "2"))
    careless.connection.log_in(login)
    careless.close()
