"""What goes wrong on purpose, and what is left afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import Glacier2
import Ice
import omero
import omero.model
import pytest
from omero.rtypes import rstring
from omero_server import Server, omero_server, ramp

if TYPE_CHECKING:
    from collections.abc import Callable

    from omero_server import SeededImage

CLIENT = Path(__file__).parent / "faulty_client.py"


def new_dataset(name: str) -> Any:
    dataset = omero.model.DatasetI()
    dataset.setName(rstring(name))
    return dataset


def datasets(server: Server) -> list[str]:
    return sorted(r["values"]["name"] for r in server.rows() if r["kind"] == "Dataset")


def test_a_connection_drops_at_the_call_that_was_named(
    server: Server, gateway: Any, image: SeededImage
) -> None:
    store = gateway.c.sf.createRawPixelsStore()
    store.setPixelsId(image.pixels, False)
    server.fail("drop", "RawPixelsStore.getTile", at=3)

    for _ in range(2):
        store.getTile(0, 0, 0, 0, 0, 8, 8)
    with pytest.raises(Ice.ConnectionLostException):
        store.getTile(0, 0, 0, 0, 0, 8, 8)
    assert server.calls()["RawPixelsStore.getTile"] == 3
    # The session outlives the connection.
    assert len(store.getTile(0, 0, 0, 0, 0, 8, 8)) == 64
    store.close()


def test_a_dropped_write_did_not_happen_and_a_lost_one_did(
    own_server: Server, connect: Callable[..., Any]
) -> None:
    service = connect(own_server).getUpdateService()

    own_server.fail("drop", "writes")
    with pytest.raises(Ice.ConnectionLostException):
        service.saveObject(new_dataset("dropped"))
    own_server.fail("lose", "writes")
    with pytest.raises(Ice.ConnectionLostException):
        service.saveObject(new_dataset("lost"))

    assert datasets(own_server) == ["lost"]
    assert len(own_server.writes()) == 1


def test_calls_are_refused_for_security_and_for_trouble(server: Server, gateway: Any) -> None:
    service = gateway.getUpdateService()
    server.fail("security", "IUpdate.saveObject")
    server.fail("refuse", "IUpdate.saveObject", at=2, times=2)

    with pytest.raises(omero.SecurityViolation):
        service.saveObject(new_dataset("refused"))
    for _ in range(2):
        with pytest.raises(omero.InternalException):
            service.saveObject(new_dataset("refused"))
    service.saveObject(new_dataset("taken"))

    assert "refused" not in datasets(server)


def test_a_login_is_refused(server: Server) -> None:
    server.fail("refuse", "Router.createSession")
    client = omero.client(server.host, server.port)

    with pytest.raises(Glacier2.PermissionDeniedException):
        client.createSession("ann", server.users["ann"])
    client.createSession("ann", server.users["ann"])
    client.closeSession()


def test_a_session_expires_in_the_middle(server: Server, gateway: Any, image: SeededImage) -> None:
    service = gateway.c.sf.getQueryService()
    server.fail("expire", "any", at=2)

    service.find("Image", image.id)
    with pytest.raises(Ice.ObjectNotExistException):
        service.find("Image", image.id)

    assert server.sessions() == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_client_is_killed_after_a_write(server: Server, image: SeededImage, number: int) -> None:
    server.after_write(number)
    process = subprocess.Popen(
        [
            *(sys.executable, "-W", "ignore", str(CLIENT)),
            *(server.host, str(server.port), server.users["ann"], str(image.id)),
        ]
    )
    try:
        assert server.wait_held()
    finally:
        process.kill()
        process.wait()
    server.heal()

    assert len(server.writes()) == number
    texts = [
        row["values"]["textValue"]
        for row in server.rows()
        if row["kind"] == "CommentAnnotation"
        and any(
            link["values"]["child"]["ref"][1] == row["id"]
            and link["values"]["parent"]["ref"][1] == image.id
            for link in server.rows()
            if link["kind"] == "ImageAnnotationLink"
        )
    ]
    assert texts == ["0", "1", "2"][:number]


def test_a_restarted_server_has_the_objects_and_no_sessions(
    own_server: Server, connect: Callable[..., Any]
) -> None:
    gateway = connect(own_server)
    image = own_server.add_image("slide", ramp())
    gateway.getUpdateService().saveObject(new_dataset("kept"))
    before, ports = own_server.rows(), (own_server.port, own_server.tcp_port)

    own_server.kill()
    with pytest.raises(Ice.Exception):
        gateway.getQueryService().find("Image", image.id)
    own_server.start()

    assert (own_server.port, own_server.tcp_port) == ports
    assert own_server.rows() == before
    with pytest.raises(Ice.ObjectNotExistException):
        gateway.getQueryService().find("Image", image.id)
    again = connect(own_server)
    assert again.getObject("Image", image.id).getName() == "slide"
    made = again.getUpdateService().saveAndReturnObject(new_dataset("new"))
    assert made.id.val > max(r["id"] for r in before if r["kind"] == "Dataset")


def test_a_server_that_dies_in_a_write_has_all_of_it_or_nothing(
    own_server: Server, connect: Callable[..., Any]
) -> None:
    service = connect(own_server).getUpdateService()
    own_server.fail("kill", "writes", at=2)

    service.saveArray([new_dataset("a"), new_dataset("b")])
    with pytest.raises(Ice.Exception):
        service.saveArray([new_dataset("c"), new_dataset("d")])
    own_server.restart()

    assert datasets(own_server) == ["a", "b"]


def test_half_a_line_of_the_log_is_forgotten(own_server: Server) -> None:
    own_server.add_dataset("whole")
    own_server.kill()
    with (own_server.folder / "log.jsonl").open("a") as log:
        log.write('{"next": {}, "rows": [["Data')

    own_server.start()
    own_server.add_dataset("next")
    own_server.restart()

    assert datasets(own_server) == ["next", "whole"]


def test_an_error_inside_the_server_fails_the_test(tmp_path: Path) -> None:
    with omero_server(tmp_path) as server:
        image = server.add_image("broken", ramp())
        (tmp_path / "pixels" / str(image.pixels) / "0.npy").write_bytes(b"no array")
        client = omero.client(server.host, server.port)
        client.createSession("ann", server.users["ann"])
        store = client.sf.createRawPixelsStore()
        with pytest.raises(omero.InternalException):
            store.setPixelsId(image.pixels, False)
        client.closeSession()

        with pytest.raises(AssertionError, match="Traceback"):
            server.check()
        server.restart()
