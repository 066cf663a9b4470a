"""Landmark pairs of one fragment: points that a reviewer says lie on each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import LandmarkError

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points

_LEVELS = 20


@dataclass(frozen=True)
class LandmarkPair:
    """Two places that show the same structure.

    Parameters
    ----------
    number : int
        Stays the pair's own, whatever is deleted.
    source, target : (float, float)
        Level-0 pixels of either slide.
    locked : bool
        Not to be moved or deleted by accident.
    """

    number: int
    source: tuple[float, float]
    target: tuple[float, float]
    locked: bool = False


@dataclass(frozen=True)
class LandmarkBoard:
    """The landmark pairs of a fragment; every change makes a new board, which knows the one before.

    Parameters
    ----------
    fragment : str
        Id of the fragment, or ``new`` for tissue that gets a counterpart.
    pairs : tuple of LandmarkPair
    """

    fragment: str
    pairs: tuple[LandmarkPair, ...] = ()
    _before: tuple[tuple[LandmarkPair, ...], ...] = field(default=(), repr=False)
    _next: int = field(default=1, repr=False)

    def added(self, source: tuple[float, float], target: tuple[float, float]) -> LandmarkBoard:
        """Return the board with one more pair.

        Raises
        ------
        LandmarkError
            If a coordinate is no finite number.
        """
        pair = LandmarkPair(self._next, _checked(source), _checked(target))
        return replace(self._changed((*self.pairs, pair)), _next=self._next + 1)

    def moved(
        self,
        number: int,
        *,
        source: tuple[float, float] | None = None,
        target: tuple[float, float] | None = None,
    ) -> LandmarkBoard:
        """Return the board with a pair's points elsewhere.

        Raises
        ------
        LandmarkError
            If there is no such pair, or it is locked.
        """
        old = self._free(number)
        new = replace(
            old,
            source=old.source if source is None else _checked(source),
            target=old.target if target is None else _checked(target),
        )
        return self._changed(tuple(new if p is old else p for p in self.pairs))

    def deleted(self, number: int) -> LandmarkBoard:
        """Return the board without a pair.

        Raises
        ------
        LandmarkError
            If there is no such pair, or it is locked.
        """
        old = self._free(number)
        return self._changed(tuple(p for p in self.pairs if p is not old))

    def locked(self, number: int, *, locked: bool = True) -> LandmarkBoard:
        """Return the board with a pair locked, or free again."""
        old = self._pair(number)
        new = replace(old, locked=locked)
        return self._changed(tuple(new if p is old else p for p in self.pairs))

    def undone(self) -> LandmarkBoard:
        """Return the board as it was before the last change.

        Raises
        ------
        LandmarkError
            If nothing was changed.
        """
        if not self._before:
            raise LandmarkError("There is no change of the landmarks to take back")
        return replace(self, pairs=self._before[-1], _before=self._before[:-1])

    def points(self) -> tuple[Points, Points]:
        """Return source and target points, ``(N, 2)`` each."""
        source = np.array([p.source for p in self.pairs], dtype=np.float64).reshape(-1, 2)
        target = np.array([p.target for p in self.pairs], dtype=np.float64).reshape(-1, 2)
        return source, target

    def _changed(self, pairs: tuple[LandmarkPair, ...]) -> LandmarkBoard:
        return replace(self, pairs=pairs, _before=(*self._before, self.pairs)[-_LEVELS:])

    def _pair(self, number: int) -> LandmarkPair:
        found = next((pair for pair in self.pairs if pair.number == number), None)
        if found is None:
            known = [pair.number for pair in self.pairs]
            raise LandmarkError(f"There is no landmark pair {number!r} among {known!r}")
        return found

    def _free(self, number: int) -> LandmarkPair:
        pair = self._pair(number)
        if pair.locked:
            raise LandmarkError(f"Landmark pair {number} is locked", remedy="Unlock it first.")
        return pair


def _checked(point: tuple[float, float]) -> tuple[float, float]:
    x, y = (float(value) for value in point)
    if not np.isfinite([x, y]).all():
        raise LandmarkError(f"{point!r} is no place on a slide")
    return x, y
