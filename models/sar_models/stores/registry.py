"""Stores by the scheme of their URI, imported only when one is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError, OptionError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.stores.protocols import Store

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class StoreEntry:
    """How one kind of store is opened.

    Parameters
    ----------
    opener : str
        ``"module:function"``; the function takes the URI and returns a store.
    extra : str or None
        Extra of the distribution that brings what the module needs; ``None`` for the core.
    worker : bool
        Whether it runs in a process of its own, as whatever brings Ice or a Java machine has to.
    """

    opener: str
    extra: str | None = None
    worker: bool = False


_entries: dict[str, StoreEntry] = {
    "folder": StoreEntry("sar_models.stores.folder:open_folder"),
    "omero": StoreEntry("sar_omero.store:open_omero", extra="omero", worker=True),
    "qupath": StoreEntry("sar_qupath.opening:open_project"),
    "qupath+paquo": StoreEntry("sar_qupath.opening:open_with_paquo", extra="qupath", worker=True),
}


def register_store(scheme: str, entry: StoreEntry) -> Callable[[], None]:
    """Make a kind of store known; return a function that makes it unknown again.

    Raises
    ------
    OptionError
        If the scheme is taken, or the entry does not name ``module:function``.
    """
    scheme = scheme.lower()
    if not _SCHEME.fullmatch(f"{scheme}:"):
        raise OptionError(f"{scheme!r} is no URI scheme", remedy="Use letters and digits.")
    if not _TARGET.fullmatch(entry.opener):
        raise OptionError(f"{entry.opener!r} does not have the form 'module:function'")
    if scheme in _entries:
        raise OptionError(
            f"Stores {scheme!r} are opened by {_entries[scheme].opener!r} already, "
            f"{entry.opener!r} cannot take over"
        )
    _entries[scheme] = entry

    def forget() -> None:
        _entries.pop(scheme, None)

    return forget


def known_schemes() -> tuple[str, ...]:
    """Return the schemes that stores can have, by name."""
    return tuple(sorted(_entries))


def open_store(uri: str) -> Store:
    """Open the store that a URI names: a path, ``folder:PATH``, or what was registered.

    Raises
    ------
    InputError
        If the scheme is unknown, or the path is no folder.
    StoreError
        If what the scheme needs is not installed, or the store cannot be opened.
    """
    found = _SCHEME.match(uri)
    # One letter before a colon is a Windows drive: the pattern asks for two.
    scheme = "folder" if found is None else found.group(1).lower()
    if scheme not in _entries:
        raise InputError(
            f"Unknown kind of store {scheme!r} in {uri!r}",
            remedy=f"Known are {', '.join(sorted(_entries))}; a path with a colon in its first "
            "part needs folder: in front.",
        )
    entry = _entries[scheme]
    if entry.worker:
        # Only here: the worker's side loads openers by this very module.
        from sar_models.stores.worker import open_in_worker

        return open_in_worker(scheme, entry, uri)
    return load_opener(scheme, entry)(uri)


def load_opener(scheme: str, entry: StoreEntry) -> Callable[[str], Store]:
    """Import what opens a kind of store.

    Raises
    ------
    StoreError
        If the extra that it needs is not installed.
    """
    module, _, function = entry.opener.partition(":")
    try:
        opener: Callable[[str], Store] = getattr(import_module(module), function)
    except ModuleNotFoundError as exc:
        # Our own module being incomplete is a bug to be seen, not a missing dependency.
        ours = (exc.name or "").partition(".")[0] in ("sar_models", module.partition(".")[0])
        if entry.extra is None or ours:
            raise
        raise StoreError(
            f"Stores {scheme!r} need {exc.name!r}, which is not installed",
            remedy=f"Install it with: pip install 'sar-align[{entry.extra}]'",
        ) from exc
    return opener
