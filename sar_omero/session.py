"""One session on a server: its services, and how it begins and ends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import StoreError
from sar_omero import _omero
from sar_omero.address import no_login
from sar_omero.credentials import find_login
from sar_omero.secret import Secret
from sar_omero.session_store import StoredSession

if TYPE_CHECKING:
    from sar_omero.address import Address
    from sar_omero.credentials import Login
    from sar_omero.options import OmeroOptions
    from sar_omero.session_store import SessionStore

_LOG = logging.getLogger("sar_align.omero")
ALL_GROUPS = {"omero.group": "-1"}
_AGENT = "SAR-Align"


class Session:
    """A session that this process has joined. The server keeps it when the process leaves.

    Parameters
    ----------
    client : omero.client
        Connected.
    key : Secret
    """

    def __init__(self, client: Any, key: Secret) -> None:
        self.client = client
        self.key = key
        self.services = client.getSession()
        context = self.services.getAdminService().getEventContext()
        self.user = str(context.userName)
        self.user_id = int(context.userId)
        self.group_id = int(context.groupId)
        self.is_admin = bool(context.isAdmin)
        self.groups_led = frozenset(int(group) for group in context.leaderOfGroups)

    def find(self, query: str, group: int | None = None, **values: Any) -> list[Any]:
        """Return the objects that a query finds, in all groups or in one."""
        service = self.services.getQueryService()
        found = service.findAllByQuery(query, _omero.parameters(values), group_context(group))
        return list(found)

    def project(self, query: str, **values: Any) -> list[Any]:
        """Return the first column of what a projection finds."""
        service = self.services.getQueryService()
        rows = service.projection(query, _omero.parameters(values), ALL_GROUPS)
        return [_omero.unwrap(row[0]) for row in rows]

    def save(self, value: Any, group: int) -> Any:
        """Save one object and what hangs on it, in one transaction; return it as it stands."""
        return self.services.getUpdateService().saveAndReturnObject(value, group_context(group))

    def save_all(self, values: list[Any], group: int) -> list[Any]:
        """Save objects in one transaction."""
        service = self.services.getUpdateService()
        return list(service.saveAndReturnArray(values, group_context(group)))

    def leave(self) -> None:
        """Close the connection; others that have joined the session go on."""
        try:
            self.client.closeSession()
        except _omero.SERVER_ERRORS as exc:
            _LOG.debug("leaving the session: %s", type(exc).__name__)


def group_context(group: int | None) -> dict[str, str]:
    """Return the context of a call: one group, or all of them."""
    return ALL_GROUPS if group is None else {"omero.group": str(group)}


def begin_session(
    address: Address, options: OmeroOptions, store: SessionStore, given: Login | None
) -> Session:
    """Join a session that is open, else log in once.

    Parameters
    ----------
    address : Address
    options : OmeroOptions
    store : SessionStore
    given : Login or None
        What a person typed; goes before all else.

    Raises
    ------
    StoreError
        If nobody is logged in, or the login is refused; it is not tried a second time.
    """
    found = None if given is not None else _joined(address, options, store)
    if found is not None:
        return found
    with store.logging_in():
        # Another process may have logged in while this one waited.
        found = _joined(address, options, store) if given is None else None
        return found or _logged_in(address, options, store, given)


def _joined(address: Address, options: OmeroOptions, store: SessionStore) -> Session | None:
    for stored in store.find():
        try:
            key = stored.key
            return _connected(address, options, key.reveal(), key)
        except _omero.NO_SESSION:
            _LOG.debug("a stored session of %r has ended", stored.user)
            store.remove(stored)
    return None


def _logged_in(
    address: Address, options: OmeroOptions, store: SessionStore, given: Login | None
) -> Session:
    login = given or find_login(address, store.last_user())
    if login is None:
        raise no_login(address)
    if given is None and store.was_refused(login.user):
        raise _refusal(address, login)
    try:
        session = _connected(address, options, login.user, login.password)
    except _omero.NO_SESSION as exc:
        _LOG.debug("login: %s", type(exc).__name__)
        store.note_refusal(login.user)
        raise _refusal(address, login) from None
    session.key = Secret(str(session.client.getSessionId()))
    store.forget_refusal(login.user)
    store.add(StoredSession(login.user, session.key))
    return session


def _refusal(address: Address, login: Login) -> StoreError:
    return StoreError(
        f"{address.server} refuses the login of {login.user!r} with the password from "
        f"{login.origin}",
        remedy="It is not tried again, accounts get locked by that. Check name and password.",
    )


def _connected(address: Address, options: OmeroOptions, name: str, password: Secret) -> Session:
    client = _omero.new_client(address.host, address.port, _properties(options))
    try:
        client.setAgent(_AGENT)
        client.createSession(name, password.reveal())
        client.enableKeepAlive(options.keep_alive_s)
        return Session(client, password)
    except BaseException:
        client.__del__()  # closes it, and swallows what a broken connection throws at that
        raise


def _properties(options: OmeroOptions) -> dict[str, str]:
    """Return the settings of Ice: whom to trust."""
    if options.insecure:
        _LOG.warning("The server's certificate is not checked: --insecure was given")
        return {"IceSSL.VerifyPeer": "0"}
    trusted = {"IceSSL.VerifyPeer": "2", "IceSSL.CheckCertName": "1"}
    if options.certificates is None:
        return trusted | {"IceSSL.UsePlatformCAs": "1"}
    return trusted | {"IceSSL.CAs": str(options.certificates.resolve())}
