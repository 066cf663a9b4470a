"""The doorway to omero-py: the only file that imports it.

The rest of the connector sees values, or the names that stand here. Everything is typed as
``Any`` by omero-py itself: it comes without type information.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import Glacier2
import Glacier2_PermissionsVerifier_ice  # noqa: F401 - brings Glacier2.PermissionDeniedException
import Ice
import omero
import omero.clients
import omero.cmd
import omero.model
import omero.sys
from omero.rtypes import rbool, rdouble, rint, rlist, rlong, rstring, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "BUSY",
    "DENIED",
    "GONE",
    "NOT_VERIFIED",
    "NO_SESSION",
    "SERVER_ERRORS",
    "UNREACHABLE",
    "as_delete_error",
    "delete_request",
    "enum_of",
    "map_pairs",
    "may_annotate",
    "members_may_annotate",
    "micrometres",
    "model",
    "named_values",
    "new_client",
    "parameters",
    "rbool",
    "rdouble",
    "rint",
    "rlong",
    "rstring",
    "sha1_algorithm",
    "unwrap",
]

# omero-py logs stack traces of errors that callers handle.
for _name in ("omero", "omero.client", "omero.util"):
    logging.getLogger(_name).setLevel(logging.ERROR)

model: Any = omero.model

GONE: tuple[type[Exception], ...] = (
    Ice.SocketException,
    Ice.TimeoutException,
    Ice.CloseConnectionException,
    Ice.ForcedCloseConnectionException,
    Ice.ObjectNotExistException,
    Ice.CommunicatorDestroyedException,
    Glacier2.SessionNotExistException,
    omero.SessionException,
)
"""The session or the connection is no more: a new one is needed."""

UNREACHABLE: tuple[type[Exception], ...] = (Ice.DNSException, Ice.NoEndpointException)
"""No such host: trying again is of no use."""

NOT_VERIFIED: tuple[type[Exception], ...] = (
    Ice.SecurityException,
    Ice.PluginInitializationException,
)
"""The certificate, or the file to check it with, is no good."""

NO_SESSION: tuple[type[Exception], ...] = (
    Glacier2.PermissionDeniedException,
    Glacier2.CannotCreateSessionException,
    omero.ClientError,
)
"""The server does not let us in with what we gave."""

BUSY: tuple[type[Exception], ...] = (
    omero.MissingPyramidException,
    omero.TryAgain,
    omero.LockTimeout,
    omero.DatabaseBusyException,
)
"""The server asks to come again after ``backOff`` milliseconds."""

DENIED: tuple[type[Exception], ...] = (omero.SecurityViolation,)
SERVER_ERRORS: tuple[type[Exception], ...] = (omero.ServerError, Ice.Exception)


def new_client(host: str, port: int, properties: dict[str, str]) -> Any:
    """Return a client that is not connected yet; it encrypts whatever it sends."""
    return omero.client(pmap={"omero.host": host, "omero.port": str(port), **properties})


def parameters(values: Mapping[str, str | int | Sequence[str] | Sequence[int]]) -> Any:
    """Return the parameters of a query: values never stand in its text."""
    found = omero.sys.ParametersI()
    for name, value in values.items():
        if isinstance(value, str):
            found.addString(name, value)
        elif isinstance(value, int):
            found.addLong(name, value)
        else:
            several = [rstring(one) if isinstance(one, str) else rlong(one) for one in value]
            found.add(name, rlist(several))
    return found


def delete_request(kind: str, ids: list[int]) -> Any:
    """Return the request to delete objects."""
    return omero.cmd.Delete2(targetObjects={kind: ids})


def as_delete_error(response: Any) -> str | None:
    """Return why a request failed, ``None`` if it did not."""
    if isinstance(response, omero.cmd.ERR):
        return f"{response.category}: {response.name} {dict(response.parameters or {})}"
    return None


def may_annotate(details: Any) -> bool:
    """Tell whether whom the server answers may annotate an object.

    The server says so only where it was asked within the object's group.
    """
    return bool(details.getPermissions().canAnnotate())


def members_may_annotate(details: Any) -> bool:
    """Tell whether every member of an object's group may annotate it."""
    permissions = details.getPermissions()
    return bool(permissions.isGroupAnnotate() or permissions.isGroupWrite())


def micrometres(length: Any) -> float | None:
    """Return a length in micrometres, ``None`` if there is none or its unit is no length."""
    if length is None:
        return None
    try:
        converted = model.LengthI(length, model.enums.UnitsLength.MICROMETER).getValue()
    except Exception:  # noqa: BLE001 - omero-py raises plain Exception for PIXEL and REFERENCEFRAME
        return None
    return float(converted)


def map_pairs(annotation: Any) -> list[tuple[str, str]] | None:
    """Return the pairs of a key-value annotation, ``None`` if it is none."""
    if not isinstance(annotation, model.MapAnnotation):
        return None
    return [(pair.name, pair.value) for pair in annotation.getMapValue() or ()]


def named_values(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    """Return key-value pairs as the server takes them."""
    return [model.NamedValue(name, value) for name, value in pairs]


def sha1_algorithm() -> Any:
    """Return the enumeration's value for SHA-1."""
    algorithm = model.ChecksumAlgorithmI()
    algorithm.setValue(rstring("SHA1-160"))
    return algorithm


def enum_of(value: Any) -> str:
    """Return the text of an enumeration's value."""
    return str(unwrap(value.getValue()))
