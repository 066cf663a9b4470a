"""The slides that clients name, checked against the roots."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError
from sar_models.stores.registry import known_schemes

if TYPE_CHECKING:
    from sar_models.service.roots import Roots
    from sar_models.service.schemas.jobs import SlideIn

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.IGNORECASE | re.DOTALL)


def slide_record(asked: SlideIn, roots: Roots) -> dict[str, Any]:
    """Return where a slide is, as the queue keeps it.

    Files and folders become paths without links: what was checked is what is opened.

    Parameters
    ----------
    asked : SlideIn
    roots : Roots

    Raises
    ------
    InputError
        If it lies outside of the roots, or nobody knows such stores.
    """
    if asked.store is None:
        path = roots.resolve(asked.slide)
        if not path.is_file():
            raise InputError(f"{path.name!r} is no file", remedy="Name a slide file.")
        return {"slide": str(path), "store": None, "series": asked.series}
    store = _store(asked.store, roots)
    if store.startswith("folder:"):
        _check_inside(store.removeprefix("folder:"), asked.slide, roots)
    return {"slide": asked.slide, "store": store, "series": asked.series}


def _store(uri: str, roots: Roots) -> str:
    """Return the URI of a store; one on this machine has to lie below a root."""
    found = _SCHEME.fullmatch(uri)
    scheme, rest = ("folder", uri) if found is None else (found[1].lower(), found[2])
    if scheme == "file":
        scheme, rest = "folder", uri
    if scheme not in known_schemes():
        raise InputError(
            f"Unknown kind of store {scheme!r}",
            remedy=f"Known are {', '.join(known_schemes())}.",
        )
    if scheme != "folder" and rest.startswith("//"):
        return uri  # on a server, which asks who it is
    path, hash_, entry = rest.partition("#") if scheme != "folder" else (rest, "", "")
    return f"{scheme}:{roots.resolve(path)}{hash_}{entry}"


def _check_inside(folder: str, name: str, roots: Roots) -> None:
    """Refuse a name that leads out of a folder, by dots or by a link."""
    if name != os.path.basename(name) or name in ("", ".", ".."):
        raise InputError(
            f"{name[:80]!r} is no name of a slide in a folder", remedy="Name it without folders."
        )
    roots.resolve(str(Path(folder) / name))
