"""Where a login comes from, and that no password or key shows anywhere."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import OptionError, StoreError
from sar_omero.address import image_number, known_image, parse_address
from sar_omero.credentials import Login, find_login
from sar_omero.secret import Secret
from sar_omero.session_store import SessionStore, StoredSession

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = parse_address("omero://omero.example.org/dataset/5")
HERE = parse_address("omero://omero.example.org:4064")


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("omero://h/dataset/5", ("h", 4064, "dataset", 5, "")),
        ("OMERO://h:14064/Image/12/", ("h", 14064, "image", 12, "")),
        ("omero://ann@h:1/project/3", ("h", 1, "project", 3, "ann")),
        ("omero://[::1]:4064", ("::1", 4064, None, 0, "")),
    ],
)
def test_addresses(uri: str, found: tuple[object, ...]) -> None:
    address = parse_address(uri)
    assert (address.host, address.port, address.kind, address.number, address.user) == found


@pytest.mark.parametrize(
    "uri",
    [
        "omero://h/well/5",
        "omero://h/image/x",
        "omero://h/image/1?x=1",
        "http://h/image/1",
        "omero:///image/1",
        "omero://h:port/image/1",
        "omero://h/image/5/../6",
    ],
)
def test_what_is_no_address(uri: str) -> None:
    with pytest.raises(OptionError, match="Write omero://"):
        parse_address(uri)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(OptionError, match="holds a password") as caught:
        parse_address("omero://ann:s3cret@h/image/1")
    assert "s3cret" not in str(caught.value)


def test_images_by_their_names() -> None:
    assert image_number("Image:12", HERE) == 12
    assert image_number("omero://omero.example.org/image/12", HERE) == 12
    for other in ("he.tif", "omero://elsewhere/image/12", "omero://omero.example.org/dataset/12"):
        assert image_number(other, HERE) is None


def test_a_secret_shows_nowhere() -> None:
    login = Login("ann", Secret("s3cret"), "the prompt")
    assert "s3cret" not in f"{login} {login!r} {login.password} {vars(login)}"
    with pytest.raises(TypeError):
        copy.copy(login.password)


def test_the_environment_is_for_its_own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sar_omero.credentials._from_keyring", lambda address, user: None)
    for name in ("OMERO_USER", "OMERO_PASSWORD", "OMERO_PASS", "OMERO_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert find_login(ADDRESS) is None
    monkeypatch.setenv("OMERO_USER", "ann")
    assert find_login(ADDRESS) is None
    monkeypatch.setenv("OMERO_PASSWORD", "s3cret")
    login = find_login(ADDRESS)
    assert login is not None
    assert (login.user, login.password.reveal()) == ("ann", "s3cret")
    monkeypatch.setenv("OMERO_HOST", "elsewhere")
    assert find_login(ADDRESS) is None


def test_the_keyring_is_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMERO_USER", "OMERO_PASSWORD", "OMERO_PASS", "OMERO_HOST"):
        monkeypatch.delenv(name, raising=False)
    asked = []

    def kept(address: object, user: str) -> str:
        asked.append(user)
        return "kept"

    monkeypatch.setattr("sar_omero.credentials._from_keyring", kept)
    login = find_login(ADDRESS, "ben")
    assert login is not None
    assert (login.user, login.password.reveal(), login.origin) == ("ben", "kept", "the keyring")
    assert asked == ["ben"]


def test_sessions_are_kept_as_omero_login_keeps_them(tmp_path: Path) -> None:
    store = SessionStore(ADDRESS, tmp_path)
    assert store.find() == []
    store.add(StoredSession("ann", Secret("11111111-aaaa")))
    store.add(StoredSession("ann", Secret("22222222-bbbb")))
    keys = [session.key.reveal() for session in store.find()]
    assert keys == ["22222222-bbbb", "11111111-aaaa"]
    file = tmp_path / "omero.example.org" / "ann" / "22222222-bbbb"
    assert file.stat().st_mode & 0o777 == 0o600
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert "omero.port=4064" in file.read_text()
    assert SessionStore(parse_address("omero://omero.example.org:9"), tmp_path).find() == []
    store.remove(store.find()[0])
    assert [session.key.reveal() for session in store.find()] == ["11111111-aaaa"]


def test_a_refusal_is_remembered_by_all_processes_that_run(tmp_path: Path) -> None:
    store = SessionStore(ADDRESS, tmp_path)
    assert not store.was_refused("ann")
    store.note_refusal("ann")
    assert SessionStore(ADDRESS, tmp_path).was_refused("ann")
    assert not store.was_refused("ben")
    store.forget_refusal("ann")
    assert not store.was_refused("ann")


def test_a_store_says_what_it_is_not() -> None:
    with pytest.raises(StoreError, match=r"no slide 'he\.tif'"):
        known_image("he.tif", HERE)
