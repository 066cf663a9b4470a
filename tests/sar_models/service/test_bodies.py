from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
from service_process import Server, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

SMALL, STALL_S, HEAD_S = 2000, 0.5, 0.7


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes little and does not wait."""
    limits = {
        "json_bytes": SMALL,
        "points_bytes": 2 * SMALL,
        "geojson_bytes": 4 * SMALL,
        "stall_s": STALL_S,
        "head_s": HEAD_S,
        "least_bytes_per_s": 1000,
        "read_s": 0.7,
        "connections": 20,
    }
    with running(tmp_path_factory.mktemp("strict"), **limits) as started:
        yield started


@pytest.fixture
def strict_client(strict: Server) -> Iterator[httpx.Client]:
    with strict.client() as made:
        yield made


ID = "0" * 64
PATHS = [
    ("/v1/jobs", SMALL),
    (f"/v1/jobs/{ID}/cancel", SMALL),
    (f"/v1/alignments/{ID}/points", 2 * SMALL),
    (f"/v1/alignments/{ID}/geojson", 4 * SMALL),
]


@pytest.mark.parametrize(("path", "most"), PATHS)
def test_too_large_bodies_are_refused(strict_client: httpx.Client, path: str, most: int) -> None:
    body = b"[" + b" " * most + b"]"
    answer = strict_client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def head(server: Server, *lines: str) -> bytes:
    fixed = [f"Host: 127.0.0.1:{server.port}", f"Authorization: Bearer {server.token}"]
    fixed += ["Content-Type: application/json", *lines]
    return "\r\n".join(["POST /v1/jobs HTTP/1.1", *fixed, "", ""]).encode()


def read_to_end(connection: socket.socket) -> bytes:
    data = b""
    try:
        while part := connection.recv(65536):
            data += part
    except ConnectionResetError:
        pass
    return data


def test_too_large_bodies_without_a_length_are_refused(strict: Server) -> None:
    with strict.connect() as connection:
        connection.sendall(head(strict, "Transfer-Encoding: chunked"))
        sent = 0
        try:
            while sent < 100 * SMALL:
                connection.sendall(b"64\r\n" + b" " * 100 + b"\r\n")
                sent += 100
                time.sleep(0.001)
        except OSError:
            pass
        answer = read_to_end(connection)
    assert sent < 100 * SMALL or answer.startswith(b"HTTP/1.1 413")
    assert not answer or answer.startswith(b"HTTP/1.1 413")


def test_a_chunked_body_just_too_large_is_told_so(strict: Server) -> None:
    with strict.connect() as connection:
        connection.sendall(head(strict, "Transfer-Encoding: chunked"))
        connection.sendall(b"fa0\r\n" + b" " * 4000 + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999", "1, 2"])
def test_odd_lengths_are_refused(strict: Server, length: str) -> None:
    with strict.connect() as connection:
        connection.sendall(head(strict, f"Content-Length: {length}"))
        assert connection.recv(100)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")


def test_a_body_that_stops_is_not_waited_for(strict: Server) -> None:
    with strict.connect() as connection:
        connection.sendall(head(strict, "Content-Length: 100") + b"{")
        assert read_to_end(connection).startswith(b"HTTP/1.1 408")


def drip(connection: socket.socket) -> None:
    for _ in range(999):
        connection.sendall(b" ")
        time.sleep(STALL_S / 5)


def pile_up(connection: socket.socket, asking: bytes) -> None:
    """Ask on and on without reading an answer."""
    while True:
        connection.sendall(asking)


def test_a_body_that_drips_is_not_waited_for(strict: Server) -> None:
    with strict.connect() as connection:
        connection.sendall(head(strict, "Content-Length: 1000"))
        with pytest.raises(ConnectionError):  # it ends under the drops
            drip(connection)


def test_a_head_that_does_not_come_is_not_waited_for(strict: Server) -> None:
    with strict.connect() as silent, strict.connect() as half:
        half.sendall(b"GET /health HTTP/1.1\r\nHost: 127")
        assert read_to_end(silent) == b""
        assert read_to_end(half) == b""


def test_a_second_head_that_does_not_come_is_not_waited_for(strict: Server) -> None:
    with strict.connect() as connection:
        connection.sendall(
            f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{strict.port}\r\n\r\n".encode()
        )
        answer = connection.recv(4096)
        connection.sendall(b"GET /health HTTP/1.1\r\n")
        answer += read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_client_that_does_not_read_is_left(strict: Server) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", strict.port))
        asking = head(strict).replace(b"POST /v1/jobs", b"GET /v1/openapi.json")
        with pytest.raises(ConnectionError):
            pile_up(connection, asking)


def test_heads_have_an_end(strict: Server) -> None:
    with strict.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nX: " + b"x" * 200_000)
        assert read_to_end(connection)[:12] in (b"HTTP/1.1 400", b"")


def test_many_idle_connections_lock_nobody_out_for_long(
    strict: Server, strict_client: httpx.Client
) -> None:
    held = [strict.connect() for _ in range(30)]
    try:
        limit = time.monotonic() + 30
        while True:
            with strict.client() as fresh:
                if fresh.get("/health").status_code == 200:
                    break
            assert time.monotonic() < limit
            time.sleep(HEAD_S / 5)
    finally:
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"{" * 1000, b'{"a":1e999}', b"nan"]
)
def test_malformed_json_is_told(strict_client: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = strict_client.post("/v1/jobs", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
