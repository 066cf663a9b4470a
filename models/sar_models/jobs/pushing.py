"""A finished alignment on its way to the store that its slides came from."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.errors import ConflictError, RecordError, StoreError
from sar_models.domain.transfer import TransferOptions, transfer
from sar_models.stores.alignment_folder import read_alignment
from sar_models.stores.changes import PushReport
from sar_models.stores.reviews import reviewed_push

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.stores.changes import Push, PushPlan, PushPolicy
    from sar_models.stores.protocols import Store
    from sar_models.stores.reviews import ReviewLog

REPORT_NAME = "report.html"
_ATTEMPTS = 4
_PAUSE_S = 1.0


@dataclass(frozen=True)
class PushOptions:
    """How results are pushed."""

    policy: PushPolicy
    """What may spread."""
    annotations: bool = False
    """Also transfer the annotations of the source. Where objects of the pair were published
    already they are kept up to date without being asked."""
    dry_run: bool = False
    """Only say what would be done."""


def push_folder(store: Store, folder: Path, log: ReviewLog, options: PushOptions) -> PushReport:
    """Push an alignment folder, with what reviewers said of it; twice is once.

    What another pusher changed meanwhile, or what a broken connection left half done, is planned
    again: the plan only has what is missing.

    Returns
    -------
    PushReport
        What was done, or, in a dry run, what would be.

    Raises
    ------
    RecordError
        If it is no alignment folder, or its review log was changed.
    StoreError
        If the store refuses, or does so again and again.
    """
    alignment = read_alignment(folder)
    plan = planned(store, alignment, log, _files(folder), options)
    if options.dry_run:
        return PushReport(plan.items)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return store.apply(plan)
        except StoreError:
            if attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE_S * attempt)
        plan = planned(store, alignment, log, _files(folder), options)
    raise ConflictError(f"{str(folder)!r} was not pushed")


def planned(
    store: Store,
    alignment: Alignment,
    log: ReviewLog,
    files: dict[str, bytes],
    options: PushOptions,
) -> PushPlan:
    """Return what pushing an alignment means now."""

    def plan_of(annotations: tuple[Annotation, ...]) -> PushPlan:
        push: Push = reviewed_push(log, alignment, annotations, files)
        return store.plan(push, options.policy)

    if not options.annotations:
        plan = plan_of(())
        # Without their sources at hand, objects that stand there would look abandoned.
        if not any(item.key.object_id for item in plan.items):
            return plan
    return plan_of(transferred(store, alignment))


def transferred(store: Store, alignment: Alignment) -> tuple[Annotation, ...]:
    """Return the annotations of the source slide on the target."""
    drawn = store.annotations(alignment.pair.source.uri)
    return transfer(drawn, alignment, "forward", TransferOptions()).annotations


def _files(folder: Path) -> dict[str, bytes]:
    try:
        return {REPORT_NAME: (folder / REPORT_NAME).read_bytes()}
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise RecordError(f"{str(folder / REPORT_NAME)!r} cannot be read: {exc}") from exc
