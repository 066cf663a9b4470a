"""The connector's own selftest on a real server; see `test_facts` for what it is told of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sar_omero.address import parse_address
from sar_omero.credentials import Login
from sar_omero.options import OmeroOptions
from sar_omero.secret import Secret
from sar_omero.selftesting import prove
from sar_omero.session_store import SessionStore
from sar_omero.store import OmeroStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.omero_live
def test_selftest_on_a_real_server(tmp_path: Path) -> None:
    host, port = os.environ["OMERO_TEST_HOST"], os.environ.get("OMERO_TEST_PORT", "4064")
    place = parse_address(f"omero://{host}:{port}/image/{os.environ['OMERO_TEST_IMAGE']}")
    store = OmeroStore(place, OmeroOptions(insecure=True), SessionStore(place, tmp_path))
    user, password = os.environ["OMERO_TEST_USER"], os.environ["OMERO_TEST_PASSWORD"]
    store.connection.log_in(Login(user, Secret(password), "the environment"))
    steps = prove(store, [place.image(place.number)])
    store.close()
    assert [step["step"] for step in steps if step["problem"]] == []
    assert len(steps) == 7
