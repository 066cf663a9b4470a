"""Who reviews is asked of a system that knows, not of whoever types."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import psutil
import pytest

from sar_models.domain.errors import OptionError, StoreError
from sar_models.stores.reviews import Identity, current_identity

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hub(BaseHTTPRequestHandler):
    """The part of JupyterHub that tells a server whose it is."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == "token t0k3n" and self.path == "/hub/api/user"
        self.send_response(200 if known else 403)
        self.end_headers()
        if known:
            self.wfile.write(json.dumps({"name": "ada", "admin": False}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hub/api"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_the_account_that_runs_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "USERNAME", "JUPYTERHUB_USER"):
        monkeypatch.setenv(name, "somebody-else")
    assert str(current_identity()) == f"os:{psutil.Process().username()}"


def test_jupyterhub_is_asked_not_believed(hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_URL", hub)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t0k3n")
    monkeypatch.setenv("JUPYTERHUB_USER", "somebody-else")
    assert str(current_identity()) == "jupyterhub:ada"


@pytest.mark.parametrize("url", ["{hub}/elsewhere", "file:///etc/passwd", "http://127.0.0.1:9"])
def test_without_an_answer_there_is_no_name(
    url: str, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_URL", url.format(hub=hub))
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "wr0ng")
    with pytest.raises(StoreError) as caught:
        current_identity()
    assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize(("name", "source"), [("", "os"), ("a\nb", "os"), ("a", "o:s"), ("a", "")])
def test_impossible_names(name: str, source: str) -> None:
    with pytest.raises(OptionError):
        Identity(name, source)
