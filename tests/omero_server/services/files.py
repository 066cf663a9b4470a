"""``RawFileStore``: the content of original files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import omero
import omero.api

from omero_server.model.rows import Ref
from omero_server.security import rights
from omero_server.servants import StatefulService
from omero_server.wire import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from omero_server.model.rows import Row
    from omero_server.world import Call, World


class RawFiles(StatefulService):
    """Reads and writes one file at a time."""

    interface = omero.api.RawFileStore
    writes = frozenset({"write", "truncate", "save"})

    def __init__(self) -> None:
        self._file: int | None = None
        self._changed = False

    def setFileId(self, call: Call, identifier: int) -> None:
        """Choose the file."""
        row = call.world.database.get("OriginalFile", identifier)
        if row is None or not rights(call.world.database, call.who, row).read:
            raise omero.ValidationException(
                None, "ome.conditions.ValidationException", f"Cannot read file {identifier}"
            )
        self._file, self._changed = identifier, False

    def getFileId(self, call: Call) -> Any:
        return None if self._file is None else omero.rtypes.rlong(self._file)

    def exists(self, call: Call) -> bool:
        return file_path(call.world, self._row(call).id).exists()

    def size(self, call: Call) -> int:
        path = self._existing(call)
        return path.stat().st_size

    def read(self, call: Call, position: int, length: int) -> bytes:
        with self._existing(call).open("rb") as file:
            file.seek(position)
            return file.read(length)

    def write(self, call: Call, content: bytes, position: int, length: int) -> None:
        path = file_path(call.world, self._writable(call).id)
        path.touch()
        with path.open("r+b") as file:
            file.seek(position)
            file.write(content[:length])
        self._changed = True

    def truncate(self, call: Call, length: int) -> bool:
        """Cut the file; return whether there was something to cut."""
        path = file_path(call.world, self._writable(call).id)
        if not path.exists() or path.stat().st_size < length:
            return False
        with path.open("r+b") as file:
            file.truncate(length)
        self._changed = True
        return True

    def save(self, call: Call) -> Any:
        """Note size and checksum in the row of the file; return it."""
        row = self._save(call, self._writable(call))
        return Writer(call.world.database, call.who).object(row)

    def close(self, call: Call) -> None:
        """Save what is not saved yet, and end."""
        if self._changed and self._file is not None:
            row = call.world.database.get("OriginalFile", self._file)
            if row is not None:
                self._save(call, row)
        super().close(call)

    def _save(self, call: Call, row: Row) -> Row:
        world = call.world
        content = file_path(world, row.id).read_bytes()
        with world.lock, world.database.transaction():
            (sha1,) = (
                r
                for r in world.database.rows("ChecksumAlgorithm")
                if r.values["value"] == "SHA1-160"
            )
            self._changed = False
            return world.database.update(
                row,
                {
                    "size": len(content),
                    "hash": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
                    "hasher": Ref("ChecksumAlgorithm", sha1.id),
                },
            )

    def _row(self, call: Call) -> Row:
        row = None
        if self._file is not None:
            row = call.world.database.get("OriginalFile", self._file)
        if row is None:
            raise omero.ApiUsageException(
                None, "ome.conditions.ApiUsageException", "This RawFileStore has no file"
            )
        return row

    def _writable(self, call: Call) -> Row:
        row = self._row(call)
        if not rights(call.world.database, call.across_groups(), row).edit:
            raise omero.SecurityViolation(
                None, "ome.conditions.SecurityViolation", f"Cannot write file {row.id}"
            )
        return row

    def _existing(self, call: Call) -> Path:
        path = file_path(call.world, self._row(call).id)
        if not path.exists():
            raise omero.ResourceError(
                None, "ome.conditions.ResourceError", f"File {path.name} has no content"
            )
        return path


def file_path(world: World, identifier: int) -> Path:
    """Return where a file's content stands."""
    return world.folder / "files" / str(identifier)


def remove_file(world: World, identifier: int) -> None:
    """Remove a file's content."""
    file_path(world, identifier).unlink(missing_ok=True)
