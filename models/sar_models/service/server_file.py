"""The file that tells this user's programs of a running server: where it is, and its token.

It lies in the folder ``servers`` of the user's state folder, which a script finds by three rules:
``$XDG_STATE_HOME`` (or ``~/.local/state``) on Linux, ``~/Library/Application Support`` on macOS,
``%LOCALAPPDATA%`` on Windows, then ``sar-align/servers``. Each server has one file, named after
its process; nobody else can read it, and it goes when the server ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import RecordError, StoreError
from sar_models.stores.holder import Holder, this_process

if TYPE_CHECKING:
    from collections.abc import Iterator

_KIND = "sar-align/server"
_VERSION = 1
_SUFFIX = ".json"


@dataclass(frozen=True)
class ServerFile:
    """A running server, as its file tells.

    Parameters
    ----------
    port : int
        On 127.0.0.1.
    token : str
        To be sent as ``Authorization: Bearer TOKEN``; not in its ``repr``.
    version : str
        Of sar-align.
    holder : Holder
        The server's process.
    """

    port: int
    token: str = field(repr=False)
    version: str
    holder: Holder

    @property
    def url(self) -> str:
        """Where requests go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_stale(self) -> bool:
        """Whether its server is gone; that of another machine may be there."""
        return self.holder.is_here and not self.holder.is_running

    def to_record(self) -> dict[str, Any]:
        """Return what stands in the file, as JSON values."""
        return {
            "kind": _KIND,
            "schema_version": _VERSION,
            "url": self.url,
            "port": self.port,
            "token": self.token,
            "pid": self.holder.pid,
            "version": self.version,
            "process": asdict(self.holder),
        }


def state_folder() -> Path:
    """Return the folder in which the system lets this user's programs keep their state."""
    import platformdirs  # of the extra: finding it missing is told elsewhere

    return platformdirs.user_state_path("sar-align", appauthor=False)


def servers_folder() -> Path:
    """Return the folder of this user's server files."""
    return state_folder() / "servers"


def find_servers(folder: Path | None = None) -> tuple[ServerFile, ...]:
    """Return the running servers of this user, the one that started last in front.

    Parameters
    ----------
    folder : Path or None
        Of the server files; ``None`` for the user's.
    """
    found = [server for _, server in _files(folder or servers_folder())]
    running = [s for s in found if s is not None and s.holder.is_here and s.holder.is_running]
    return tuple(sorted(running, key=lambda server: -server.holder.started))


@contextlib.contextmanager
def announced(port: int, token: str, version: str, folder: Path | None = None) -> Iterator[Path]:
    """Tell of a server of this process for as long as the block lasts; yield the file.

    Files of servers that were killed are removed on the way.

    Raises
    ------
    StoreError
        If the file cannot be written, or others could read it.
    """
    folder = folder or servers_folder()
    server = ServerFile(port, token, version, this_process())
    path = folder / f"{server.holder.pid}{_SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_private(folder)
        _remove_stale(folder)
        _write_private(path, json.dumps(server.to_record(), indent=1))
    except OSError as exc:
        raise StoreError(
            f"Cannot write {str(path)!r}: {exc.strerror or exc}",
            remedy="Check that the folder is yours, is writable and has space.",
        ) from exc
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _check_private(folder: Path) -> None:
    """Refuse a folder into which others could put files that send clients to their server."""
    if os.name == "nt":
        return
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise StoreError(
            f"Others than you can write in {str(folder)!r}",
            remedy="Make it yours alone: chmod 700.",
        )


def _write_private(path: Path, text: str) -> None:
    # mkstemp makes a file that only its owner can read, before anything is in it.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _remove_stale(folder: Path) -> None:
    for path, server in _files(folder):
        if server is not None and server.is_stale:
            path.unlink(missing_ok=True)


def _files(folder: Path) -> list[tuple[Path, ServerFile | None]]:
    return [(path, _read(path)) for path in sorted(folder.glob(f"*{_SUFFIX}"))]


def _read(path: Path) -> ServerFile | None:
    """Return what a file tells; ``None`` if it goes meanwhile, or is something else."""
    try:
        return _from_record(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecordError):
        return None


def _from_record(record: Any) -> ServerFile:
    if not isinstance(record, dict) or record.get("kind") != _KIND:
        raise RecordError("This is no file of a server")
    try:
        holder = Holder.from_record(record["process"])
        return ServerFile(int(record["port"]), str(record["token"]), record["version"], holder)
    except (KeyError, TypeError, ValueError) as exc:
        raise RecordError(f"The file of the server is damaged: {exc!r}") from exc
