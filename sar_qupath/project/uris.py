"""Where an image lies: the URIs that QuPath writes, on any system, also when the project moved."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

from sar_models.domain.errors import SlideError

_DRIVE = re.compile(r"[A-Za-z]:(/|$)")
_OMERO_IMAGE = re.compile(r"(?:show=image-|img_detail/|images=)(\d+)")
_FIND = "Open the project in QuPath: it asks where its images are; or put them back."


@dataclass(frozen=True)
class OmeroImage:
    """An image on an OMERO server.

    Parameters
    ----------
    host : str
        Of the web address.
    image : int
        Its id there.
    """

    host: str
    image: int

    @property
    def store(self) -> str:
        """URI by which the OMERO connector opens it."""
        return f"omero://{self.host}/image/{self.image}"


def path_of(uri: str) -> PurePath:
    """Return the path of a ``file:`` URI as Java or pathlib writes it.

    ``file:/C:/slides/a.svs`` and ``file:////SERVER/share/a.svs`` are Windows paths on every system.

    Raises
    ------
    SlideError
        If it is relative, or of another scheme.
    """
    scheme, separator, rest = uri.partition(":")
    if not separator or len(scheme) == 1 or not rest.startswith("/"):
        raise SlideError(
            f"The address {uri!r} is relative: QuPath cannot open it either",
            remedy="Remove the entry in QuPath and add the image again.",
        )
    if scheme.lower() != "file":
        raise SlideError(
            f"Images at {scheme!r} addresses cannot be read ({uri!r})",
            remedy="Add the image to the project as a file.",
        )
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    local = unquote(rest.lstrip("/"))
    slashes = len(rest) - len(rest.lstrip("/"))
    if "\0" in local:
        raise SlideError(f"The address {uri!r} holds a zero byte")
    if _DRIVE.match(local):
        return PureWindowsPath(local)
    # Java writes a Windows share as file:////SERVER/share, pathlib as file://SERVER/share.
    if slashes in (2, 4):
        host, _, beyond = local.partition("/")
        local = beyond if host.lower() == "localhost" else local
        if host.lower() != "localhost":
            return PureWindowsPath(f"//{local}")
    return PurePosixPath(f"/{local}")


def omero_image(uri: str) -> OmeroImage | None:
    """Return the OMERO image that a web address names; ``None`` if it is no such address."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    found = _OMERO_IMAGE.search(uri)
    return None if found is None else OmeroImage(parts.hostname, int(found[1]))


def locate(uri: str, project_file: Path, previous_uri: str) -> Path:
    """Return the file that an entry's URI names.

    Where there is none, and the project was moved since it was written, the file that lies to the
    project as the stated one did.

    Parameters
    ----------
    uri : str
    project_file : Path
        Where ``project.qpproj`` is now.
    previous_uri : str
        Where it says that it is.

    Raises
    ------
    SlideError
        If there is no such file.
    """
    stated = path_of(uri)
    native = _native(stated)
    if native is not None and native.is_file():
        return native
    moved = _beside_moved_project(stated, project_file, previous_uri)
    if moved is not None and moved.is_file():
        return moved
    also = "" if moved is None else f", nor {str(moved)!r}, where it would be if it moved along"
    raise SlideError(f"There is no file {str(stated)!r}{also}", remedy=_FIND)


def _native(path: PurePath) -> Path | None:
    """Return a path that this system can have."""
    if isinstance(path, PureWindowsPath) == (os.name == "nt"):
        return Path(path)
    return None


def _beside_moved_project(stated: PurePath, project_file: Path, previous_uri: str) -> Path | None:
    try:
        previous = path_of(previous_uri).parent
    except SlideError:
        return None
    if type(previous) is not type(stated) or previous.anchor.lower() != stated.anchor.lower():
        return None
    parts, old = list(stated.parts), list(previous.parts)
    while parts and old and parts[0] == old[0]:
        parts, old = parts[1:], old[1:]
    folder = project_file.resolve().parent
    for _ in old:
        folder = folder.parent
    return folder.joinpath(*parts)
