"""One pair on its way into a project: transfer, plan, apply, and the files around it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import SlideError, StoreError
from sar_models.domain.slides import SlidePair
from sar_models.domain.transfer import TransferOptions, transfer
from sar_models.stores.atomic import atomic_file
from sar_models.stores.changes import PlanItem, PushPolicy, Withdraw
from sar_models.stores.journal_file import reported
from sar_models.stores.publishing import verdict_on
from sar_models.stores.reviews import ReviewLog, reviewed_push
from sar_qupath.entry_alignment import between_entries
from sar_qupath.exchange import Wanted, read_wanted, write_wanted
from sar_qupath.merging import outermost, without_foreign
from sar_qupath.places import entry_key
from sar_qupath.shelf import renamed, same_wanted
from sar_qupath.transform_files import FileChange, apply_file_change, plan_transform_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import SlideInfo
    from sar_models.domain.transfer import TransferResult
    from sar_models.stores.changes import Push, PushPlan
    from sar_qupath.project import Entry
    from sar_qupath.store import ProjectStore

_WORD = {"not-mapped": "without tissue", "below-resolution": "below resolution"}


@dataclass(frozen=True, eq=False)
class PairPlan:
    """All that a push of one pair will do.

    Parameters
    ----------
    plan : PushPlan
    transferred : TransferResult or None
        What became of the source's objects; ``None`` for a withdrawal.
    offer : Wanted or None
        What may be imported once somebody accepts it; ``None``: nothing waits.
    files : tuple of FileChange
        Transform files.
    source, target : Entry
    summary : mapping
        What the scripts tell before they import, as JSON values.
    notes : tuple of str
        What people should know.
    """

    plan: PushPlan
    transferred: TransferResult | None
    offer: Wanted | None
    files: tuple[FileChange, ...]
    source: Entry
    target: Entry
    summary: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[PlanItem, ...]:
        """What happens to the record and to each object."""
        return self.plan.items


def plan_pair(
    store: ProjectStore,
    alignment: Alignment,
    policy: PushPolicy,
    *,
    options: TransferOptions | None = None,
    files: Mapping[str, bytes] | None = None,
    annotations: tuple[Annotation, ...] | None = None,
) -> PairPlan:
    """Return what pushing an alignment means for a project; reads only.

    Parameters
    ----------
    store : ProjectStore
    alignment : Alignment
        Between the files of two entries.
    policy : PushPolicy
    options : TransferOptions or None
    files : mapping of str to bytes
        Further files of the alignment folder.
    annotations : tuple of Annotation or None
        Objects of the source in its file's frame; ``None``: those that QuPath exported.

    Raises
    ------
    StoreError
        If a slide of the pair is none of the project, or not the one that was aligned.
    """
    shelf = store.shelf
    source, target = (
        entry_of_slide(store, info) for info in (alignment.pair.source, alignment.pair.target)
    )
    # Under the names that they have now: people rename images.
    pair = SlidePair(
        replace(alignment.pair.source, uri=source.slide),
        replace(alignment.pair.target, uri=target.slide),
    )
    alignment = replace(alignment, pair=pair)
    given = store.annotations(source.slide) if annotations is None else annotations
    result = transfer(
        [a for a in given if not a.is_ours], alignment, "forward", options or TransferOptions()
    )
    change = reviewed_push(
        ReviewLog(shelf.places.results), alignment, result.annotations, files or {}
    )
    plan = store.plan(change, policy)
    may = verdict_on(change, PushPolicy(publish="all"))
    published = verdict_on(change, policy).verdict == "publish"
    waits = may.verdict == "publish" and not published
    offer = _offer(store, change, target, source) if waits else None
    shown = alignment if may.verdict == "publish" and alignment.fragments else None
    if shown is not None:
        frames = store.frame_of(source.slide), store.frame_of(target.slide)
        shown = between_entries(shown, *frames)
    moved = plan_transform_files(shelf.places, shown, source, target)
    status = "published" if published else ("offered" if offer is not None else "held")
    return PairPlan(
        plan,
        result,
        offer,
        moved,
        source,
        target,
        _summary(
            shelf.about(entry_key(source.id), target)
            | {"frames": "qupath" if _plain(source, target) else "qupath-entry"},
            alignment,
            result,
            status,
        ),
        _notes(store, source),
    )


def plan_withdrawal(
    store: ProjectStore, source: str, target: str, policy: PushPolicy, *, records: bool = False
) -> PairPlan:
    """Return what taking back a pair means for a project; reads only."""
    entries = store.shelf.entry_of(source), store.shelf.entry_of(target)
    change = Withdraw(entries[0].slide, entries[1].slide, records=records)
    plan = store.plan(change, policy)
    files = plan_transform_files(store.shelf.places, None, *entries)
    return PairPlan(plan, None, None, files, *entries)


def apply_pair(store: ProjectStore, pair: PairPlan) -> None:
    """Do what a plan says. A crash at any point is repaired by the next push.

    Raises
    ------
    ConflictError
        If what the plan read has changed since.
    """
    places = store.shelf.places
    source, target = entry_key(pair.source.id), entry_key(pair.target.id)
    store.apply(pair.plan)
    if pair.summary.get("status") == "published" and not places.outbox(target, source).is_file():
        # Imported from an offer: without saving in QuPath it would be gone, and come from nowhere.
        shelf, slide = store.shelf, pair.target.slide
        with shelf.locked(slide):
            shelf.save_annotations(slide, shelf.load(slide).annotations)
    summary, offer = places.summary(target, source), places.offer(target, source)
    if pair.offer is None:
        with reported(offer, "removed"):
            offer.unlink(missing_ok=True)
    if pair.summary:
        _write_if_new(summary, json.dumps(pair.summary, indent=1, sort_keys=True).encode())
    if pair.offer is not None:
        there = read_wanted(offer)
        if there is None or not same_wanted(there, pair.offer):
            write_wanted(offer, pair.offer, store.shelf.about(source, pair.target))
    for change in pair.files:
        apply_file_change(places, change)
    if not pair.summary:
        with reported(summary, "removed"):
            summary.unlink(missing_ok=True)


def counts_text(counts: Mapping[str, int]) -> str:
    """Return counts of objects as the scripts tell them: ``37 mapped, 2 partly``."""
    told = [f"{count} {_WORD.get(word, word)}" for word, count in counts.items() if count]
    return ", ".join(told) or "no objects"


def entry_of_slide(store: ProjectStore, info: SlideInfo) -> Entry:
    """Return the entry of a slide that was aligned: by its name, else the one with its content.

    Raises
    ------
    StoreError
        If there is none, or it has another image.
    """
    named = store.shelf.slide_id(info.uri)
    slides = [entry.slide for entry in store.document.entries if entry.chain is not None]
    if named not in slides:
        alike = [slide for slide in slides if _is_of(store, slide, info)]
        if len(alike) == 1:
            return store.shelf.entry_of(alike[0])
    entry = store.shelf.entry_of(named)
    if not _is_of(store, entry.slide, info):
        raise StoreError(
            f"The alignment is of a slide {info.name!r} of {info.size} pixels; the entry "
            f"{entry.slide!r} has another image",
            remedy="Align the pair again: `sar-align qupath align`.",
        )
    return entry


def _is_of(store: ProjectStore, slide: str, info: SlideInfo) -> bool:
    try:
        with store.open(slide) as opened:
            return opened.info.size == info.size and opened.info.checksum == info.checksum
    except SlideError:
        return False


def _offer(store: ProjectStore, change: Push, target: Entry, source: Entry) -> Wanted | None:
    """Return what the target would hold of the source, if everything were published now."""
    shelf = store.shelf
    accepted = store.plan(change, PushPolicy(publish="all"))
    if accepted.annotations is None:
        return None
    key, keys = entry_key(source.id), shelf.keys()
    stored = tuple(renamed(annotation, keys) for annotation in accepted.annotations)
    objects = tuple(without_foreign(a) for a in outermost(stored, key))
    old = shelf.wanted(target).get(key, Wanted())
    return Wanted(objects, old.generations)


def _plain(*entries: Entry) -> bool:
    return all(entry.chain is not None and entry.chain.kind == "file" for entry in entries)


def _summary(
    about: dict[str, object], alignment: Alignment, result: TransferResult, status: str
) -> dict[str, Any]:
    counts = {verdict.value: count for verdict, count in result.counts().items()}
    return about | {
        "version": 1,
        "status": status,
        "outcome": alignment.outcome.value,
        "failure": alignment.failure,
        "risk": round(alignment.risk.score, 4),
        "reasons": [reason.text for reason in alignment.risk.reasons],
        "request_id": alignment.request_id,
        "content_sha256": alignment.content_sha256,
        "counts": counts,
        "told": counts_text(counts),
        "problems": [
            {"name": r.name or str(r.id), "verdict": r.verdict.value, "reason": r.reason}
            for r in result.reports
            if r.reason
        ][:200],
    }


def _notes(store: ProjectStore, source: Entry) -> tuple[str, ...]:
    """Say when QuPath saved the source after its objects were exported."""
    places = store.shelf.places
    exported = places.exported(entry_key(source.id))
    data = places.data(source.id) / "data.qpdata"
    if not exported.is_file():
        return (
            f"No objects of {source.slide!r} are known: run `Export this image` in QuPath, or "
            "give --annotations",
        )
    if data.is_file() and data.stat().st_mtime > exported.stat().st_mtime:
        return (
            f"{source.slide!r} was saved in QuPath after its objects were exported: run "
            "`Export this image` there for the newest ones",
        )
    return ()


def _write_if_new(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    with reported(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as partial:
            partial.write_bytes(content)
