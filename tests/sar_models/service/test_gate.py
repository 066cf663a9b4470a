from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx
    from service_process import Server

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer t\u00f6ken".encode()},
        {"Authorization": "Basic {token}"},
        {"Authorization": "{token}"},
        {"X-Token": "{token}"},
    ],
)
def test_who_does_not_know_the_token_is_told_nothing(
    server: Server, headers: dict[str, str | bytes]
) -> None:
    sent = {
        name: value.format(token=server.token) if isinstance(value, str) else value
        for name, value in headers.items()
    }
    with server.client(headers=sent) as stranger:
        for path in ("/v1/about", "/v1/jobs", "/v1/openapi.json", "/v1/nothing", "/"):
            answer = stranger.get(path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == PROBLEM
            assert server.token not in answer.text
        assert stranger.post("/v1/jobs", json={}).status_code == 401


def test_two_tokens_are_none(server: Server) -> None:
    both = [("Authorization", "Bearer wrong"), ("Authorization", f"Bearer {server.token}")]
    with server.client(headers=both) as stranger:
        assert stranger.get("/v1/about").status_code == 401


def test_the_token_in_the_address_is_no_token(server: Server) -> None:
    with server.client(headers={}) as stranger:
        assert stranger.get("/v1/about", params={"token": server.token}).status_code == 401


def test_health_needs_no_token_and_tells_nothing(server: Server) -> None:
    with server.client(headers={}) as stranger:
        answer = stranger.get("/health")
        assert answer.json() == {"status": "ok"}
        assert "server" not in answer.headers
        assert stranger.post("/health").status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:{port}"]
)
def test_other_names_are_not_this_server(server: Server, host: str) -> None:
    with server.client() as client:
        answer = client.get("/v1/about", headers={"Host": host.format(port=server.port)})
        health = client.get("/health", headers={"Host": host.format(port=server.port)})
    assert answer.status_code == health.status_code == 421
    assert answer.headers["content-type"] == PROBLEM


def test_localhost_is_this_server(server: Server) -> None:
    with server.client() as client:
        answer = client.get("/v1/about", headers={"Host": f"LocalHost:{server.port}"})
    assert answer.status_code == 200


def test_two_hosts_are_none(server: Server) -> None:
    with server.connect() as connection:
        name = f"Host: 127.0.0.1:{server.port}\r\n"
        connection.sendall(f"GET /health HTTP/1.1\r\n{name}{name}\r\n".encode())
        assert b" 4" in connection.recv(100)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_are_refused_even_with_the_token(server: Server, headers: dict[str, str]) -> None:
    sent = {name: value.format(port=server.port) for name, value in headers.items()}
    with server.client() as client:
        for answer in (
            client.get("/health", headers=sent),
            client.get("/v1/about", headers=sent),
            client.post("/v1/jobs", headers=sent, json={}),
            client.options("/v1/jobs", headers=sent | {"Access-Control-Request-Method": "POST"}),
        ):
            assert answer.status_code == 403
            assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"]
)
def test_bodies_are_json(client: httpx.Client, kind: str) -> None:
    answer = client.post("/v1/jobs", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415


def test_compressed_bodies_are_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.post("/v1/jobs", content=b"\x1f\x8b", headers=headers).status_code == 415


def test_answers_stay_where_they_are(client: httpx.Client) -> None:
    headers = client.get("/v1/about").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_looking_changes_nothing(client: httpx.Client) -> None:
    document = client.get("/v1/openapi.json").json()
    changing = [path for path in document["paths"] if path.endswith(("/cancel", "/retry"))]
    assert len(changing) == 2
    for path in changing:
        assert set(document["paths"][path]) == {"post"}
        assert client.get(path.format(job="0" * 64)).status_code == 405


def test_websockets_are_no_way_in(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(
            f"GET /v1/about HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 401")
