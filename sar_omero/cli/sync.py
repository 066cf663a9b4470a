"""``sar-align omero sync``: a dataset kept up to date, every night if you like."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sar_models.cli.arguments import parse_bytes
from sar_models.cli.console import print_json, stage_progress, stderr, stdout
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.options import JsonOption
from sar_models.stores.lock import lock_file
from sar_models.stores.pairing import Pairing, PairNames
from sar_omero.address import parse_address
from sar_omero.cli.pairing import (
    PairsOption,
    PatternOption,
    ReferenceOption,
    TagsOption,
    ValuesOption,
    paired,
    print_leftovers,
    require_pairs,
    short,
)
from sar_omero.cli.shared import (
    AnnotationsOption,
    CaOption,
    DryRunOption,
    ForceOption,
    InsecureOption,
    PublishOption,
    UriArgument,
    server_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sar_models.jobs import Queue
    from sar_models.stores.worker import WorkerStore
    from sar_omero.morning import MorningLine
    from sar_omero.syncing import Sync


@dataclass(frozen=True)
class _Limits:
    """How much a sync may take."""

    until: str | None
    connections: int
    retries: int
    memory_bytes: int


def sync(
    uri: UriArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for results and summary.")],
    pairs: PairsOption = None,
    pattern: PatternOption = None,
    values: ValuesOption = None,
    tags: TagsOption = None,
    reference: ReferenceOption = None,
    requests: Annotated[
        bool, typer.Option("--requests", help="Do what people asked for in OMERO, too.")
    ] = False,
    annotations: AnnotationsOption = False,
    publish: PublishOption = "accepted",
    until: Annotated[
        str | None, typer.Option(help="Stop at this time of the day, HH:MM; goes on next time.")
    ] = None,
    max_connections: Annotated[
        int, typer.Option(help="Connections to the server at most; a pair needs two.")
    ] = 3,
    web: Annotated[
        str | None, typer.Option(help="Address of OMERO.web, for links in the summary.")
    ] = None,
    mode: Annotated[
        Literal["auto", "intact", "fragments"], typer.Option(help="As for `sar-align align`.")
    ] = "auto",
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")
    ] = "auto",
    memory: Annotated[str, typer.Option(help="Memory budget of each worker.")] = "4GB",
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    retries: Annotated[
        int, typer.Option(min=0, help="How often a pair is tried again after an error.")
    ] = 2,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Do again what an older version of sar-align did.")
    ] = False,
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    ca: CaOption = None,
    insecure: InsecureOption = False,
    json_: JsonOption = False,
) -> None:
    """Find pairs, align what is new, push; the same command goes on where it was stopped.

    Exit code 0: every pair is aligned and pushed; 3: some are not, or time was up, the summary
    tells which; 4: none is; 2: wrong input; 5: the server refuses, or another sync of this folder
    is running; 130: interrupted.
    """
    from sar_models.engine import AlignOptions
    from sar_models.jobs.pushing import PushOptions
    from sar_models.stores.changes import PushPolicy
    from sar_omero.syncing import deadline_of, workers_within

    limits = _Limits(until, workers_within(max_connections), retries, parse_bytes(memory))
    deadline_of(until)  # refuses a wrong time before anything is asked of the server
    options = AlignOptions(mode=mode, device=device, memory_bytes=limits.memory_bytes, seed=seed)
    way: dict[str, Any] = {"table": pairs, "pattern": pattern, "values": values, "tags": tags}
    with server_of(uri, ca=ca, insecure=insecure) as store:
        found = _found(store, way, reference, requests=requests)
        if dry_run:
            _print_dry(found)
            if json_:
                print_json({"dry_run": True, "pairs": [[p.source, p.target] for p in found.pairs]})
            return
        push = PushOptions(PushPolicy(publish, force=force), annotations)
        with _synced(store, uri, out, push) as running:
            with stage_progress("sync") as progress:
                running.submit(found.pairs, options, progress, refresh=refresh)
            try:
                stopped = _work_off(running, limits, device)
            except KeyboardInterrupt:
                stderr.print("Stopped; the same command goes on from here.", soft_wrap=True)
                raise
            running.push_done()
            lines = _summarised(running, out, web, stopped)
    _tell(lines, out, stopped, as_json=json_)
    raise typer.Exit(_exit_code(lines, stopped))


@contextlib.contextmanager
def _synced(store: WorkerStore, uri: str, out: Path, push: Any) -> Iterator[Sync]:
    """Open the queue of a sync, for one process alone."""
    from sar_models.jobs import Layout, Queue
    from sar_models.stores.reviews import ReviewLog, log_folder
    from sar_omero.syncing import Sync

    layout = Layout(out.resolve())
    with Queue(layout) as queue, lock_file(layout.inner / "sync.lock", f"the sync in {str(out)!r}"):
        log = ReviewLog(log_folder(layout.out))
        yield Sync(store, parse_address(uri).server, queue, log, push)


def _found(
    store: WorkerStore, way: dict[str, Any], reference: str | None, *, requests: bool
) -> Pairing:
    images = store.answer("images", {})
    asked = any(one is not None for one in (*way.values(), reference))
    if not asked and not requests:
        paired(images, **way, reference=reference)  # says what is missing
    pairing = paired(images, **way, reference=reference) if asked else Pairing(())
    if requests:
        pairing = _with_requests(store, pairing)
    print_leftovers(pairing, images)
    if asked or not requests:
        require_pairs(pairing, images)
    return pairing


def _with_requests(store: WorkerStore, pairing: Pairing) -> Pairing:
    """Return the pairs with those that people asked for and have the right to."""
    pairs = list(pairing.pairs)
    for request in store.answer("requests", {}):
        if request["problem"]:
            text = f"request of {request['requester']}: {request['problem']}"
            stderr.print(text, markup=False, highlight=False, soft_wrap=True)
            continue
        pair = PairNames(request["source"], request["target"])
        if pair not in pairs:
            pairs.append(pair)
    return Pairing(tuple(pairs), pairing.leftovers)


def _work_off(running: Sync, limits: _Limits, device: str) -> str:
    """Align what is queued; return why it ended early, if it did."""
    from sar_models.engine.device import choose_device, visible_gpus
    from sar_models.jobs import RetryPolicy
    from sar_models.jobs.local import LocalExecutor
    from sar_models.jobs.supervisor import work_off
    from sar_models.jobs.worker import WorkerOptions
    from sar_models.stores.holder import this_process
    from sar_omero.syncing import deadline_of, is_over

    choose_device(device)  # type: ignore[arg-type]
    queue: Queue = running.queue
    if queue.is_idle():
        return ""
    deadline = deadline_of(limits.until)
    policy = RetryPolicy(limits.retries)
    settings = WorkerOptions(queue.layout, this_process(), policy)
    gpus = () if device == "cpu" else visible_gpus()
    crew = LocalExecutor(queue, settings, min(limits.connections, queue.counts().open), gpus=gpus)
    from sar_models.cli.batch.watch import Watch

    with Watch(queue) as watch:

        def tick() -> None:
            watch.tick()
            running.push_done()

        def ended() -> bool:
            return queue.is_idle() or is_over(deadline)

        work_off(queue, crew, policy, finished=ended, tick=tick)
    return "" if queue.is_idle() else f"stopped at {limits.until}, as asked"


def _summarised(running: Sync, out: Path, web: str | None, stopped: str) -> list[MorningLine]:
    from sar_models.jobs.summary import write_summary
    from sar_omero.morning import morning_lines, write_morning

    write_summary(running.queue)
    lines = morning_lines(running, web)
    write_morning(out, lines, stopped=stopped)
    return lines


def _print_dry(found: Pairing) -> None:
    for pair in found.pairs:
        stdout.print(f"pair: {short(pair.source)} → {short(pair.target)}", highlight=False)
    stdout.print(f"{len(found.pairs)} pairs; nothing was done (--dry-run)", highlight=False)


def _tell(lines: Sequence[MorningLine], out: Path, stopped: str, *, as_json: bool) -> None:
    from sar_omero.morning import PAGE_NAME, counts_of

    if as_json:
        pairs = [
            {
                "source": line.source,
                "target": line.target,
                "group": line.group,
                "outcome": line.outcome,
                "risk": line.risk,
                "counts": line.counts,
                "reasons": list(line.reasons),
            }
            for line in lines
        ]
        told = {"counts": counts_of(lines), "stopped": stopped, "pairs": pairs}
        print_json(told | {"out": str(out), "summary": str(out / PAGE_NAME)})
        return
    for line in lines:
        risk = "" if line.risk is None else f", risk {line.risk:.2f}"
        did = ", ".join(f"{count} {action}" for action, count in line.counts.items() if count)
        why = f"  ({line.reasons[0]})" if line.reasons and line.group != "done" else ""
        text = f"{line.group:<12} {line.name}: {line.outcome}{risk}; {did or 'nothing pushed'}{why}"
        stdout.print(text, markup=False, highlight=False, soft_wrap=True)
    words = ", ".join(f"{count} {group}" for group, count in counts_of(lines).items() if count)
    stdout.print(f"{len(lines)} pairs: {words or 'none'}{'; ' + stopped if stopped else ''}")
    stdout.print(f"  summary: {out / PAGE_NAME}", markup=False, highlight=False, soft_wrap=True)


def _exit_code(lines: Sequence[MorningLine], stopped: str) -> ExitCode:
    if not lines:
        return ExitCode.OK
    pushed = [line for line in lines if line.counts and line.outcome == "aligned"]
    if len(pushed) == len(lines) and not stopped:
        return ExitCode.OK
    some = stopped or any(line.outcome in ("aligned", "partial", "ambiguous") for line in lines)
    return ExitCode.PARTIAL if some else ExitCode.NO_ALIGNMENT
