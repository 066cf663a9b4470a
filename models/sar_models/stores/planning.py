"""What a push or a withdrawal means for one target slide: pure rules, no reading, no writing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sar_models.stores.changes import NAMESPACE, PlanItem, StableKey
from sar_models.stores.marker import (
    CONTENT_KEY,
    content_of,
    is_from,
    is_published,
    marked,
    object_id,
    person_changed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sar_models.domain.annotations import Annotation
    from sar_models.stores.changes import Action, PushPolicy
    from sar_models.stores.protocols import SlideId
    from sar_models.stores.publishing import Judgement
    from sar_models.stores.target import Journal, RecordVersion, TargetState


def plan_record(
    key: StableKey, stored: RecordVersion | None, new: RecordVersion, fixed: str = ""
) -> PlanItem:
    """Return what becomes of the alignment record, which is pushed whatever its outcome.

    Parameters
    ----------
    key : StableKey
    stored, new : RecordVersion
    fixed : str
        Why it must stay as it is, if it must.
    """
    if stored is None:
        return PlanItem("create", key, "first result of this pair")
    if stored == new:
        return PlanItem("keep", key, "the same result is there already")
    if fixed:
        return PlanItem("keep", key, fixed)
    same = stored.content_sha256 == new.content_sha256
    return PlanItem("update", key, "asked in another way" if same else "a new result of this pair")


@dataclass
class ObjectPlan:
    """Decides object by object; reads a :class:`TargetState`, builds the one to come.

    Parameters
    ----------
    state : TargetState
    source, target : str
    policy : PushPolicy
    """

    state: TargetState
    source: SlideId
    target: SlideId
    policy: PushPolicy
    items: list[PlanItem] = field(default_factory=list)
    replaced: dict[str, Annotation | None] = field(default_factory=dict)
    created: list[Annotation] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = _ours(self.state.annotations, self.source)
        self.present = {object_id(annotation): annotation for annotation in found}
        self.known = self.state.journal.of(self.source)

    def publish(
        self,
        judged: Iterable[tuple[Annotation, Judgement]],
        as_stored: Callable[[Annotation], Annotation | None],
        *,
        remove_missing: bool,
    ) -> None:
        """Plan what becomes of every transferred object.

        Parameters
        ----------
        judged : iterable of (Annotation, Judgement)
            An object that is held changes nothing: it waits, and what stands there stays.
        as_stored : callable
            What the store will keep of an object.
        remove_missing : bool
            Whether objects of ours go that are not among ``judged``, because their source is gone.
        """
        taken = {a.id for top in self.state.annotations for a in top.walk() if not self._mine(a)}
        names: set[str] = set()
        for annotation, judgement in judged:
            free = self._with_free_ids(annotation, taken)
            name = str(free.id)
            names.add(name)
            if judgement.verdict == "publish":
                self._publish(free, as_stored(free), judgement.reason)
            elif judgement.verdict == "withdraw" and name in self.present:
                self._delete(name, judgement.reason)
            else:
                stays = judgement.verdict == "hold" and name in self.present
                standing = "; an earlier result stays" if stays else ""
                self._note("keep", name, judgement.reason + standing, annotation.name)
        if remove_missing:
            for name in self.present.keys() - names:
                self._delete(name, "its source object is gone")

    def _publish(self, free: Annotation, stored: Annotation | None, reason: str) -> None:
        name = str(free.id)
        if stored is None:
            self._note("keep", name, "too small to be stored", free.name)
        elif name in self.present:
            self._update(name, stored, reason)
        elif name in self.known and not self.policy.force:
            self._note("keep", name, "a person deleted it", free.name)
        else:
            self.created.append(marked(stored, self.source))
            self._note("create", name, reason, free.name)

    def withdraw(self, reason: str) -> None:
        """Plan that all we put here from the source goes."""
        for name in sorted(self.present):
            self._delete(name, reason)

    @property
    def annotations(self) -> tuple[Annotation, ...] | None:
        """All objects of the target afterwards, ``None`` if they stay as they are."""
        if not (self.replaced or self.created or self.state.untidy):
            return None
        return (*_rewritten(self.state.annotations, self.source, self.replaced), *self.created)

    @property
    def journal(self) -> Journal | None:
        """The journal afterwards, ``None`` if it stays as it is."""
        deleted = {name for name, new in self.replaced.items() if new is None}
        created = {object_id(annotation) for annotation in self.created}
        ids = frozenset((self.known | self.present.keys() | created) - deleted)
        return None if ids == self.known else self.state.journal.with_ids(self.source, ids)

    def _with_free_ids(self, annotation: Annotation, taken: set[uuid.UUID]) -> Annotation:
        """Return the object under ids that nobody else uses on the target; the same every time."""
        own, other = annotation.id, uuid.uuid5(annotation.id, f"{NAMESPACE} {self.source}")
        if own in taken or str(other) in self.known | self.present.keys():
            own = other
        children = tuple(self._with_free_ids(child, taken) for child in annotation.children)
        return replace(annotation, id=own, children=children)

    def _mine(self, annotation: Annotation) -> bool:
        return is_from(annotation, self.source)

    def _update(self, name: str, stored: Annotation, reason: str) -> None:
        old = self.present[name]
        edited = person_changed(old)
        fixed = self._fixed(name)
        if edited and not self.policy.force:
            self._note("keep", name, f"{edited} since", old.name)
        elif fixed and (edited or old.metadata.get(CONTENT_KEY) != content_of(stored)):
            self._note("keep", name, fixed, old.name)
        elif not edited and old.metadata.get(CONTENT_KEY) == content_of(stored):
            self._note("keep", name, "unchanged", old.name)
        else:
            theirs = tuple(child for child in old.children if not is_published(child))
            new = marked(stored, self.source)
            self.replaced[name] = replace(new, children=(*new.children, *theirs))
            forced = f"forced, although {edited}" if edited else reason
            self._note("update", name, forced, stored.name)

    def _delete(self, name: str, reason: str) -> None:
        old = self.present[name]
        edited = person_changed(old)
        fixed = self._fixed(name)
        if fixed:
            self._note("keep", name, f"{reason}, but {fixed}", old.name)
        elif edited and not self.policy.force:
            self._note("keep", name, f"{reason}, but {edited} since", old.name)
        else:
            self.replaced[name] = None
            self._note("delete", name, reason, old.name)

    def _fixed(self, name: str) -> str:
        """Return why an object must stay as it is, whatever the policy; empty if it need not."""
        return self.state.fixed.get((self.source, name), "")

    def _note(self, action: Action, name: str, reason: str, label: str) -> None:
        key = StableKey(self.source, self.target, name)
        self.items.append(PlanItem(action, key, reason, label))


def _ours(annotations: Iterable[Annotation], source: SlideId) -> Iterator[Annotation]:
    """Yield the outermost objects that we put here from ``source``, wherever people moved them."""
    for annotation in annotations:
        if is_from(annotation, source):
            yield annotation
        else:
            yield from _ours(annotation.children, source)


def _rewritten(
    annotations: Iterable[Annotation],
    source: SlideId,
    replaced: dict[str, Annotation | None],
) -> Iterator[Annotation]:
    """Yield the tree with our objects exchanged; other people's objects stay where they are."""
    for annotation in annotations:
        if not is_from(annotation, source):
            children = tuple(_rewritten(annotation.children, source, replaced))
            same = len(children) == len(annotation.children) and all(
                new is old for new, old in zip(children, annotation.children, strict=True)
            )
            yield annotation if same else replace(annotation, children=children)
            continue
        new = replaced.get(object_id(annotation), annotation)
        if new is not None:
            yield new
        else:
            yield from (child for child in annotation.children if not is_published(child))
