"""Text that is never shown."""

from __future__ import annotations


class Secret:
    """A password or session key: whatever prints it, shows asterisks.

    Parameters
    ----------
    value : str
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text, for the server alone."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("A secret does not travel")
