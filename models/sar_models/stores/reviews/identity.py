"""Who reviews: asked of JupyterHub or the operating system, never of a text field."""

from __future__ import annotations

import functools
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass

import psutil

from sar_models.domain.errors import OptionError, StoreError

_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Identity:
    """A person, as a system that checks passwords knows them.

    Parameters
    ----------
    name : str
        Login name.
    source : str
        Which system says so: ``os``, ``jupyterhub``, or a connector's (``omero``).
    """

    name: str
    source: str

    def __post_init__(self) -> None:
        for text in (self.name, self.source):
            if not text or not text.isprintable():
                raise OptionError(f"{text!r} is no login name")
        if ":" in self.source:
            raise OptionError(f"The source of an identity is a plain word, not {self.source!r}")

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"


def current_identity() -> Identity:
    """Return who runs this process.

    In a notebook server of JupyterHub the account of the operating system is often the same for
    everybody; the hub itself is asked then, with the server's own token.

    Raises
    ------
    StoreError
        If the hub does not answer: nobody else can say who it is.
    """
    url, token = os.environ.get("JUPYTERHUB_API_URL"), os.environ.get("JUPYTERHUB_API_TOKEN")
    if url and token:
        return Identity(_hub_user(url, token), "jupyterhub")
    # Not getpass: it believes the variables LOGNAME and USER, which anybody can set.
    return Identity(psutil.Process().username(), "os")


@functools.lru_cache(maxsize=4)
def _hub_user(url: str, token: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise StoreError(f"JUPYTERHUB_API_URL is {url!r}, expected an http address")
    request = urllib.request.Request(  # the scheme was checked
        f"{url.rstrip('/')}/user", headers={"Authorization": f"token {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            name = json.load(answer)["name"]
    except urllib.error.HTTPError as exc:
        exc.close()
        raise _no_name(f"it answers {exc.code}") from None
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError) as exc:
        raise _no_name(repr(exc)) from exc
    return str(name)


def _no_name(why: str) -> StoreError:
    return StoreError(
        f"JupyterHub does not say who you are: {why}",
        remedy="Decisions need a name. Try again, or restart the notebook server.",
    )
