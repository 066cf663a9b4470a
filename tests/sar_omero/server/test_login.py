"""Sessions: how they begin, who is in them, when they end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import Ice
import omero
import pytest
from omero.gateway import BlitzGateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from omero_server import Server


def test_a_user_logs_in_over_ssl(server: Server, gateway: Any) -> None:
    context = gateway.getEventContext()

    assert (context.userName, context.groupName) == ("ann", "annotate-lab")
    assert gateway.isSecure()
    assert server.sessions()[0]["user"] == context.userId


def test_the_gateways_own_default_drops_to_tcp(server: Server) -> None:
    gateway = BlitzGateway("ann", server.users["ann"], host=server.host, port=server.port)

    assert gateway.connect()
    assert not gateway.isSecure()
    assert gateway.getUser().getName() == "ann"
    gateway.close()


def test_a_wrong_password_is_refused_and_counted(server: Server) -> None:
    before = server.logins_refused()
    gateway = BlitzGateway("ann", "wrong", host=server.host, port=server.port, secure=True)

    assert not gateway.connect()

    assert "Password check failed" in str(gateway.getLastError())
    # The gateway asks twice: a reason for a connector to use omero.client instead.
    assert server.logins_refused() == before + 2
    gateway.close()


def test_a_group_of_others_is_refused(server: Server, connect: Callable[..., Any]) -> None:
    gateway = connect(server, "eve")
    gateway.SERVICE_OPTS.setOmeroGroup("5")

    with pytest.raises(omero.SecurityViolation, match="not a member of group 5"):
        list(gateway.getObjects("Image"))


@pytest.mark.parametrize(("trusted", "works"), [("ca.pem", True), ("server.pem", False)])
def test_clients_can_check_the_certificate(server: Server, trusted: str, works: bool) -> None:
    authority = server.certificate.parent / trusted
    client = omero.client(
        [
            "--IceSSL.VerifyPeer=1",
            f"--IceSSL.CAs={authority}",
            "--IceSSL.CheckCertName=1",
            f"--omero.host={server.host}",
            f"--omero.port={server.port}",
        ]
    )
    if works:
        assert client.createSession("ann", server.users["ann"]) is not None
        client.closeSession()
    else:
        with pytest.raises(Ice.SecurityException, match="certificate verification failed"):
            client.createSession("ann", server.users["ann"])
        with pytest.raises(Ice.SecurityException):  # it asks to be logged out
            client.closeSession()


def test_joining_keeps_a_session_that_is_left_softly(
    server: Server, gateway: Any, connect: Callable[..., Any]
) -> None:
    key = gateway.getSession().getUuid().val
    joined = BlitzGateway(host=server.host, port=server.port, secure=True)

    assert joined.connect(sUuid=key)
    assert [s["references"] for s in server.sessions() if s["uuid"] == key] == [2]
    joined.close(hard=False)

    assert gateway.getUser().getName() == "ann"


def test_joining_ends_a_session_that_is_left_hard(server: Server, gateway: Any) -> None:
    joined = BlitzGateway(host=server.host, port=server.port, secure=True)
    assert joined.connect(sUuid=gateway.getSession().getUuid().val)

    joined.close()

    with pytest.raises(Ice.ObjectNotExistException):
        gateway.getObject("Image", 1)


def test_an_expired_session_stays_dead(server: Server, gateway: Any) -> None:
    assert server.expire_sessions() == 1

    with pytest.raises(Ice.ObjectNotExistException):
        gateway.getObject("Image", 1)
    assert gateway.keepAlive() is False


def test_sessions_end_when_nobody_calls(server: Server, connect: Callable[..., Any]) -> None:
    server.expire_after(0.3)
    try:
        idle = connect(server)
        time.sleep(0.6)
        with pytest.raises(Ice.ObjectNotExistException):
            idle.getObject("Image", 1)
    finally:
        server.expire_after(600)


def test_only_administrators_work_as_somebody_else(
    server: Server, gateway: Any, connect: Callable[..., Any]
) -> None:
    root = connect(server, "root")
    ben = root.suConn("ben")

    assert ben.getUser().getName() == "ben"
    assert ben.getEventContext().sudoerId is not None
    ben.close(hard=False)
    with pytest.raises(omero.SecurityViolation, match="administrators"):
        gateway.getSessionService().createSessionWithTimeout(omero.sys.Principal("ben"), 0)


def test_the_groups_of_a_user_are_told(gateway: Any) -> None:
    groups = {group.getName() for group in gateway.getGroupsMemberOf()}

    assert groups == {"annotate-lab", "read-only-lab", "write-lab", "private-lab"}
    summary = gateway.getGroupFromContext().groupSummary()
    assert [leader.getName() for leader in summary[0]] == ["lea"]
    assert sorted(member.getName() for member in summary[1]) == ["ann", "ben"]
