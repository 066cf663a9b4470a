"""Groups of commands that load a command when it is used, not when it is listed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Deferred:
    """A command that is not loaded yet.

    Parameters
    ----------
    target : str
        ``"module:name"`` of the function, or of the :class:`typer.Typer` of a group.
    help : str
        What its group's ``--help`` says of it: the first paragraph of its own help, word for word.
    """

    target: str
    help: str

    def load(self, name: str) -> Any:
        """Return the command that typer makes of the target."""
        module, _, attribute = self.target.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name = name
            return group
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        return typer.main.get_command(alone)


class LazyGroup(TyperGroup):
    """A group whose commands stand in a table; each is imported when it is called.

    Listing them (``--help``, completion of their names) shows what the table says.
    """

    deferred: ClassVar[Mapping[str, Deferred]] = {}

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for name, command in self.deferred.items():
            self.add_command(TyperCommand(name, help=command.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments call, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.deferred:
            command = self.deferred[name].load(name)
        return name, command, rest
