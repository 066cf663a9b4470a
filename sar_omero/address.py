"""Addresses of servers and of what they hold: ``omero://HOST:PORT/dataset/5``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

from sar_models.domain.errors import OptionError, StoreError

ObjectKind = Literal["project", "dataset", "image"]

DEFAULT_PORT = 4064
_IMAGE = re.compile(r"image:(\d+)", re.IGNORECASE)
_PATH = re.compile(r"/(project|dataset|image)/(\d+)/?", re.IGNORECASE)
_FORM = "omero://HOST:PORT/dataset/ID, with project or image in place of dataset"


@dataclass(frozen=True)
class Address:
    """A server, and one object of it or none.

    Parameters
    ----------
    host : str
    port : int
        Of the encrypted router, 4064 on most servers.
    kind : {"project", "dataset", "image"} or None
        ``None`` stands for the whole server.
    number : int
        The object's id.
    user : str
        Login name, where the address tells it; a password never stands in one.
    """

    host: str
    port: int = DEFAULT_PORT
    kind: ObjectKind | None = None
    number: int = 0
    user: str = ""

    @property
    def server(self) -> str:
        """The address of the server alone."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"omero://{host}:{self.port}"

    def image(self, number: int) -> str:
        """Return the address of an image of this server."""
        return f"{self.server}/image/{number}"


def parse_address(uri: str) -> Address:
    """Return what an ``omero://`` address names.

    Raises
    ------
    OptionError
        If it is no such address, or holds a password.
    """
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise OptionError(
            f"{_shown(uri)!r} is no address: {exc}", remedy=f"Write {_FORM}."
        ) from exc
    if parts.password is not None:
        raise OptionError(
            f"The address {_shown(uri)!r} holds a password",
            remedy="Leave it out: log in with `omero login`, or you are asked for it.",
        )
    place = _PATH.fullmatch(parts.path)
    whole = parts.path in ("", "/")
    strange = parts.query or parts.fragment or not (place or whole)
    if parts.scheme.lower() != "omero" or not host or strange:
        raise OptionError(f"{uri!r} is no address of an OMERO object", remedy=f"Write {_FORM}.")
    kind = None if place is None else cast("ObjectKind", place[1].lower())
    number = 0 if place is None else int(place[2])
    return Address(host, port or DEFAULT_PORT, kind, number, parts.username or "")


def image_number(slide: str, server: Address) -> int | None:
    """Return the id of the image that a slide's name means on a server, ``None`` if none of it.

    Parameters
    ----------
    slide : str
        ``omero://HOST:PORT/image/12`` or ``Image:12``.
    server : Address
    """
    short = _IMAGE.fullmatch(slide)
    if short is not None:
        return int(short[1])
    if not slide.lower().startswith("omero://"):
        return None
    found = parse_address(slide)
    if (found.host, found.port, found.kind) != (server.host, server.port, "image"):
        return None
    return found.number


def known_image(slide: str, server: Address) -> int:
    """Return the id of an image of a server; see :func:`image_number`.

    Raises
    ------
    StoreError
        If it is no image of this server.
    """
    number = image_number(slide, server)
    if number is None:
        raise StoreError(
            f"{server.server!r} has no slide {slide!r}",
            remedy=f"Write {server.image(12)}, or Image:12.",
        )
    return number


def no_login(address: Address) -> StoreError:
    """Return the error that tells a person how to log in."""
    return StoreError(
        f"Nobody is logged in to {address.server}",
        remedy=f"Run `omero login YOU@{address.host}:{address.port}`, or set OMERO_USER and "
        "OMERO_PASSWORD.",
    )


def _shown(uri: str) -> str:
    """Keep what may be a password out of messages."""
    return re.sub(r"(//[^/@:]*):[^/@]*@", r"\1:***@", uri)
