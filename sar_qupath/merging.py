"""What an entry holds once QuPath has imported what is wanted: the rules of *Import results*.

The Groovy script follows the same rules on the living objects. A person's edits, locks and
deletions stay, unless a higher generation overrules them; children that people added stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sar_models.domain.annotations import METADATA_PREFIX
from sar_models.stores.marker import CONTENT_KEY, is_from, is_published, object_id, person_changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sar_models.domain.annotations import Annotation
    from sar_qupath.exchange import Wanted


SELECTED_KEY = f"{METADATA_PREFIX}push.selected"
"""Marks what a person carried over with *Transfer selected objects*: no import takes it away."""


def after_import(
    current: tuple[Annotation, ...],
    wanted: Wanted,
    imported: Mapping[str, int],
    source: str,
) -> tuple[Annotation, ...]:
    """Return all objects of an entry after an import; see :func:`import_changes`."""
    replaced, created = import_changes(current, wanted, imported, source)
    return (*_rewritten(current, source, replaced), *created)


def import_changes(
    current: tuple[Annotation, ...],
    wanted: Wanted,
    imported: Mapping[str, int],
    source: str,
) -> tuple[dict[str, Annotation | None], tuple[Annotation, ...]]:
    """Return what an import does: objects by the id of what they replace, and new ones.

    ``None`` in place of an object: it goes.

    Parameters
    ----------
    current : tuple of Annotation
        What is there, whoever made it.
    wanted : Wanted
    imported : mapping of str to int
        Generation of each object that was ever imported from ``source``, by its id.
    source : str
        As our marker names it.
    """
    present = {object_id(annotation): annotation for annotation in outermost(current, source)}
    taken = {str(a.id) for top in current for a in top.walk()} - _ids(present.values())
    replaced: dict[str, Annotation | None] = {}
    created: list[Annotation] = []
    for new in wanted.annotations:
        name = object_id(new)
        old = present.get(name)
        if old is not None:
            if overrules(wanted, imported, name) or _outdated(old, new):
                replaced[name] = with_children(new, foreign_children(old))
        elif name not in taken and imported.get(name, 0) < wanted.generations.get(name, 1):
            created.append(new)
    wanted_names = {object_id(new) for new in wanted.annotations}
    for name, old in present.items():
        if name in wanted_names or old.metadata.get(SELECTED_KEY) == "1":
            continue
        if overrules(wanted, imported, name) or not person_changed(old):
            replaced[name] = None
    return replaced, tuple(created)


def overrules(wanted: Wanted, imported: Mapping[str, int], name: str) -> bool:
    """Tell whether an object is wanted so, whatever a person did to it."""
    return wanted.generations.get(name, 1) > max(imported.get(name, 0), 1)


def outermost(annotations: Iterable[Annotation], source: str) -> Iterator[Annotation]:
    """Yield the outermost objects that came from ``source``, wherever people moved them."""
    for annotation in annotations:
        if is_from(annotation, source):
            yield annotation
        else:
            yield from outermost(annotation.children, source)


def foreign_children(annotation: Annotation) -> tuple[Annotation, ...]:
    """Return the children of an object of ours that people added."""
    return tuple(child for child in annotation.children if not is_published(child))


def without_foreign(annotation: Annotation) -> Annotation:
    """Return an object of ours without what people put into it."""
    own = tuple(without_foreign(child) for child in annotation.children if is_published(child))
    return replace(annotation, children=own)


def with_children(annotation: Annotation, more: tuple[Annotation, ...]) -> Annotation:
    """Return an object with further children."""
    return replace(annotation, children=(*annotation.children, *more)) if more else annotation


def _outdated(old: Annotation, new: Annotation) -> bool:
    same = old.metadata.get(CONTENT_KEY) == new.metadata.get(CONTENT_KEY)
    return not same and not person_changed(old)


def _ids(annotations: Iterable[Annotation]) -> set[str]:
    return {str(a.id) for top in annotations for a in top.walk()}


def _rewritten(
    annotations: Iterable[Annotation], source: str, replaced: Mapping[str, Annotation | None]
) -> Iterator[Annotation]:
    """Yield the tree with our objects exchanged; those of others stay where they are."""
    for annotation in annotations:
        if not is_from(annotation, source):
            children = tuple(_rewritten(annotation.children, source, replaced))
            yield replace(annotation, children=children) if annotation.children else annotation
            continue
        new = replaced.get(object_id(annotation), annotation)
        if new is not None:
            yield new
        else:
            yield from foreign_children(annotation)
