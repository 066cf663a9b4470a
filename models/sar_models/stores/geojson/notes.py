"""What a reader or writer did that its caller did not ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Note:
    """One kind of change to the data, told once however many objects it met.

    Parameters
    ----------
    code : str
        Short name of the kind, for programs.
    text : str
        What was done, for people.
    where : str
        The first object that it was done to.
    count : int
        How many objects it was done to.
    """

    code: str
    text: str
    where: str
    count: int = 1

    def __str__(self) -> str:
        more = f" and {self.count - 1} more" if self.count > 1 else ""
        return f"{self.where}{more}: {self.text}"


class NoteBook:
    """Gathers notes, one for each code."""

    def __init__(self) -> None:
        self._notes: dict[str, Note] = {}

    def add(self, code: str, where: str, text: str) -> None:
        """Write a note down, or count it when its code is known already."""
        known = self._notes.get(code)
        self._notes[code] = (
            Note(code, text, where) if known is None else replace(known, count=known.count + 1)
        )

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes in order of their first appearance."""
        return tuple(self._notes.values())
