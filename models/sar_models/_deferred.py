"""Names of a package that are loaded when they are first used: asking for one loads no other."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def loaded_when_used(package: str, names: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """Return a module's ``__getattr__`` (PEP 562) that imports what is asked for.

    Parameters
    ----------
    package : str
        The package, its ``__name__``.
    names : mapping of str to iterable of str
        The public names that each of its modules holds.
    """
    homes = {name: f"{package}.{module}" for module, held in names.items() for name in held}

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return load
