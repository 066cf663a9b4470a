"""Where a password may come from: the environment, or the keyring. Never an argument."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_omero.secret import Secret

if TYPE_CHECKING:
    from sar_omero.address import Address

KEYRING_SERVICE = "sar-align"


@dataclass(frozen=True)
class Login:
    """Who logs in, with what.

    Parameters
    ----------
    user : str
    password : Secret
    origin : str
        Where it came from, for messages.
    """

    user: str
    password: Secret
    origin: str


def find_login(address: Address, user: str = "") -> Login | None:
    """Return the login that the environment or the keyring has for a server.

    Parameters
    ----------
    address : Address
    user : str
        Who logged in last, where nobody says who does.
    """
    name = address.user or os.environ.get("OMERO_USER", "") or user
    if not name:
        return None
    told = os.environ.get("OMERO_PASSWORD") or os.environ.get("OMERO_PASS")
    # A password is for the server that it was given for.
    if told and os.environ.get("OMERO_HOST", address.host) == address.host:
        return Login(name, Secret(told), "the environment")
    kept = _from_keyring(address, name)
    return None if kept is None else Login(name, Secret(kept), "the keyring")


def _from_keyring(address: Address, user: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        return None
    try:
        return keyring.get_password(f"{KEYRING_SERVICE} {address.server}", user)
    except (KeyringError, RuntimeError):
        return None
