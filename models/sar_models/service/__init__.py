"""The backend for plugins: an HTTP server on this machine, for this user alone.

Importing this loads neither FastAPI nor an engine. ``sar-align serve`` starts a server;
:func:`find_servers` finds the running ones.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sar_models.service.options import ServiceOptions
from sar_models.service.server_file import ServerFile, find_servers

if TYPE_CHECKING:
    from sar_models.service.server import serve

_LOADED_WHEN_USED = {"serve": "sar_models.service.server"}

__all__ = ["ServerFile", "ServiceOptions", "find_servers", "serve"]


def __getattr__(name: str) -> Any:
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LOADED_WHEN_USED[name]), name)
