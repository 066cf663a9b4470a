"""Parents and children, taken apart and put together again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sar_models.domain.annotations import Annotation


@dataclass(frozen=True)
class Family:
    """Objects and their descendants in one row.

    Parameters
    ----------
    objects : tuple of Annotation
        Parents before their children.
    parents : tuple of int
        Index of each object's parent, -1 for none.
    """

    objects: tuple[Annotation, ...]
    parents: tuple[int, ...]

    @classmethod
    def of(cls, annotations: Iterable[Annotation]) -> Self:
        """Return a forest in one row, depth first."""
        objects: list[Annotation] = []
        parents: list[int] = []
        todo = [(annotation, -1) for annotation in annotations][::-1]
        while todo:
            annotation, parent = todo.pop()
            todo += [(child, len(objects)) for child in reversed(annotation.children)]
            objects.append(annotation)
            parents.append(parent)
        return cls(tuple(objects), tuple(parents))


def grow(family: Family, parts: Sequence[Mapping[int, Annotation]]) -> tuple[Annotation, ...]:
    """Return placed objects as a forest again.

    Parameters
    ----------
    family : Family
        The objects that they come from.
    parts : sequence of mapping
        What each object became, by the fragment that the part follows; empty for nothing.

    Returns
    -------
    tuple of Annotation
        A child stands below the part of its parent that follows the same fragment, or below its
        nearest placed ancestor; at the top if there is none.
    """
    children: dict[tuple[int, int], list[Annotation]] = {}
    roots: list[Annotation] = []
    # Children come after their parents: from the end, every object is complete when it is placed.
    for index in range(len(parts) - 1, -1, -1):
        for fragment in reversed(list(parts[index])):
            own = tuple(reversed(children.pop((index, fragment), [])))
            annotation = replace(parts[index][fragment], children=own)
            ancestor = _placed_ancestor(family, parts, index)
            if ancestor < 0:
                roots.append(annotation)
                continue
            known = parts[ancestor]
            where = fragment if fragment in known else next(iter(known))
            children.setdefault((ancestor, where), []).append(annotation)
    return tuple(reversed(roots))


def _placed_ancestor(family: Family, parts: Sequence[Mapping[int, Annotation]], index: int) -> int:
    ancestor = family.parents[index]
    while ancestor >= 0 and not parts[ancestor]:
        ancestor = family.parents[ancestor]
    return ancestor
