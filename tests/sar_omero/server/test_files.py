"""Files: up, down, cut, summed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import omero
import omero.model
import pytest
from omero.rtypes import rstring
from omero_server import ramp

if TYPE_CHECKING:
    from pathlib import Path

    from omero_server import Server


def new_file(gateway: Any, name: str = "report.html") -> Any:
    file = omero.model.OriginalFileI()
    file.setName(rstring(name))
    file.setPath(rstring("sar-align/test"))
    return gateway.getUpdateService().saveAndReturnObject(file)


def test_a_file_goes_up_and_comes_down(server: Server, gateway: Any, tmp_path: Path) -> None:
    content = bytes(range(256)) * 41
    (tmp_path / "up.bin").write_bytes(content)

    file = gateway.c.upload(str(tmp_path / "up.bin"), block_size=1000)
    gateway.c.download(file, str(tmp_path / "down.bin"), block_size=999)

    assert (tmp_path / "down.bin").read_bytes() == content
    row = gateway.getQueryService().get("OriginalFile", file.id.val)
    assert row.size.val == len(content)
    assert row.hash.val == hashlib.sha1(content).hexdigest()
    assert server.open_services() == []


def test_saving_returns_the_row_with_its_checksum(server: Server, gateway: Any) -> None:
    file = new_file(gateway)
    store = gateway.c.sf.createRawFileStore()
    store.setFileId(file.id.val)

    assert not store.exists()
    store.write(b"0123456789", 0, 10)
    store.write(b"ab", 4, 2)
    saved = store.save()
    assert store.read(3, 4) == b"3ab6"
    assert store.truncate(5)
    store.close()

    assert saved.size.val == 10
    found = gateway.getQueryService().get("OriginalFile", file.id.val)
    assert found.size.val == 5
    assert found.hash.val == hashlib.sha1(b"0123a").hexdigest()
    assert [w["operation"].split(".")[1] for w in server.writes()] == [
        *("saveAndReturnObject", "write", "write", "save", "truncate"),
    ]


def test_files_of_others_are_read_and_not_written(server: Server, gateway: Any) -> None:
    server.add_image("slide", ramp())
    ben = omero.client(server.host, server.port)
    ben.createSession("ben", server.users["ben"])
    try:
        store = ben.sf.createRawFileStore()
        store.setFileId(new_file(gateway).id.val)
        with pytest.raises(omero.SecurityViolation):
            store.write(b"x", 0, 1)
        store.close()
    finally:
        ben.closeSession()


def test_a_file_without_content_is_no_empty_file(gateway: Any) -> None:
    store = gateway.c.sf.createRawFileStore()
    store.setFileId(new_file(gateway).id.val)

    with pytest.raises(omero.ResourceError):
        store.size()
    store.close()
