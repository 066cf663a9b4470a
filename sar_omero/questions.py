"""Questions that only a server can answer; arguments and answers are JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import StoreError
from sar_omero import listing, selftesting
from sar_omero.credentials import Login, find_login
from sar_omero.requests import requested
from sar_omero.secret import Secret
from sar_omero.session_store import SessionStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sar_omero.store import OmeroStore


def answered(store: OmeroStore, question: str, arguments: Mapping[str, Any]) -> Any:
    """Return the answer to a question.

    Raises
    ------
    StoreError
        If there is no such question, or the server refuses.
    """
    if question not in _KNOWN:
        raise StoreError(f"OMERO stores know no question {question!r}")
    return _KNOWN[question](store, **arguments)


def log_in(store: OmeroStore, user: str = "", password: str | None = None) -> dict[str, Any]:
    """Log in, or tell who has to: ``{"user": ..., "needed": bool}``.

    Without a password only what needs none is tried: open sessions, environment, keyring.
    """
    address = store.address
    if password is not None:
        store.connection.log_in(Login(user, Secret(password), "the prompt"))
    sessions = SessionStore(address)
    if (
        password is None
        and not sessions.find()
        and find_login(address, sessions.last_user()) is None
    ):
        return {"user": sessions.last_user(), "needed": True}
    return {"user": store.connection.read(lambda session: session.user), "needed": False}


def images(store: OmeroStore) -> list[dict[str, Any]]:
    """Return all slides with what people wrote on them; see :mod:`sar_omero.listing`."""
    return listing.listed(store)


def check_allowed(store: OmeroStore, slides: list[str]) -> None:
    """Refuse images that the user may not annotate."""
    for slide in slides:
        store.shelf.check_allowed(slide)


def summaries(store: OmeroStore) -> list[dict[str, Any]]:
    """Return the alignments that stand on the images."""
    return listing.summaries(store)


def requests(store: OmeroStore) -> list[dict[str, Any]]:
    """Return what people asked for; see :mod:`sar_omero.requests`."""
    return requested(store)


def selftest(store: OmeroStore, slides: list[str]) -> list[dict[str, Any]]:
    """Prove a server on two images; see :mod:`sar_omero.selftesting`."""
    return selftesting.prove(store, slides)


def whoami(store: OmeroStore) -> str:
    """Return the login name of who is logged in."""
    return store.connection.read(lambda session: session.user)


_KNOWN: Mapping[str, Callable[..., Any]] = {
    "log_in": log_in,
    "images": images,
    "check_allowed": check_allowed,
    "summaries": summaries,
    "requests": requests,
    "selftest": selftest,
    "whoami": whoami,
}
