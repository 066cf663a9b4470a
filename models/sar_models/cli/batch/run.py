"""``sar-align batch run``: align many pairs of a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from sar_models.cli.arguments import parse_bytes
from sar_models.cli.batch.shared import QueueOption, counts_text
from sar_models.cli.batch.watch import Watch
from sar_models.cli.console import print_json, stage_progress, stderr, stdout
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.options import JsonOption
from sar_models.domain.errors import InputError, OptionError
from sar_models.jobs import Layout, Queue, RetryPolicy, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.engine import AlignOptions
    from sar_models.jobs import JobId
    from sar_models.stores import Pairing, SlideId

_LEFTOVERS_SHOWN = 10


def run(
    store: Annotated[str, typer.Argument(help="Folder of slides, or URI of a store.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for results and summary.")],
    pairs: Annotated[
        Path | None, typer.Option(help="CSV with the columns source and target: names of slides.")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            help="Regular expression with the groups case and stain, searched in slide names: "
            r"'(?P<case>[^_]+)_(?P<stain>[^_.]+)'."
        ),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="With --pattern: the stain that others are aligned to.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Pairs at a time. Default: one for each GPU, else as cores and memory allow.",
        ),
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
    queue: QueueOption = None,
    json_: JsonOption = False,
) -> None:
    """Align many pairs; the same command goes on where it was stopped.

    Exit code 0: all are aligned; 3: some are not, the summary tells which; 4: none is;
    2: wrong input; 5: the folder or the store refused; 130: interrupted.
    """
    policy = RetryPolicy(retries)
    memory_bytes = parse_bytes(memory)
    found, name = _paired(store, pairs, pattern, reference)
    # Only here: torch takes seconds to import.
    from sar_models.engine import AlignOptions
    from sar_models.jobs.batch import pair_submissions, submit_batch
    from sar_models.jobs.summary import write_summary
    from sar_models.stores import open_store

    options = AlignOptions(mode=mode, device=device, memory_bytes=memory_bytes, seed=seed)
    layout = Layout(out.resolve(), None if queue is None else queue.resolve())
    with Queue(layout) as opened:
        with stage_progress("batch") as progress:
            asked = pair_submissions(open_store(name), name, found.pairs, options, progress)
        jobs = submit_batch(opened, asked, refresh=refresh)
        stderr.print(counts_text(opened.counts(entries=True)), soft_wrap=True, highlight=False)
        try:
            _work_off(opened, policy, options, workers)
        except KeyboardInterrupt:
            stderr.print("Stopped; the same command goes on from here.", soft_wrap=True)
            raise
        written = write_summary(opened)
        told = _told(opened, jobs, out, written.page)
    if json_:
        print_json(told)
    else:
        outcomes = ", ".join(f"{count} {word}" for word, count in told["outcomes"].items())
        stdout.print(f"{told['pairs']} pairs: {outcomes}", soft_wrap=True, highlight=False)
        stdout.print(f"  summary: {escape(str(out / written.page.name))}", soft_wrap=True)
    raise typer.Exit(_exit_code(told["outcomes"], told["pairs"]))


def _paired(
    store: str,
    table: Path | None,
    pattern: str | None,
    reference: str | None,
) -> tuple[Pairing, str]:
    """Return the pairs of a store, and its URI; say which slides are in none."""
    if (table is None) == (pattern is None) or (pattern is None) != (reference is None):
        raise OptionError(
            "It is not said which slides belong together",
            remedy="Give either --pairs CSV, or --pattern and --reference.",
        )
    from sar_models.jobs.batch import slide_names
    from sar_models.stores import open_store, pair_by_pattern, pair_by_table

    names: list[SlideId] = slide_names(open_store(store))
    if not names:
        raise InputError(
            f"There are no slides in {store!r}",
            remedy="Give the folder that holds the slide files; sub-folders are not looked at.",
        )
    if pattern is not None and reference is not None:
        found = pair_by_pattern(names, pattern, reference)
    else:
        found = pair_by_table(table or Path(), names)
    if not found.pairs:
        raise InputError(
            f"None of the {len(names)} slides of {store!r} make a pair",
            remedy=found.leftovers[0].reason.capitalize() + "." if found.leftovers else "",
        )
    if pattern is not None:
        _tell_leftovers(found)
    return found, store


def _tell_leftovers(found: Pairing) -> None:
    for leftover in found.leftovers[:_LEFTOVERS_SHOWN]:
        text = f"left out: {escape(leftover.slide)}: {escape(leftover.reason)}"
        stderr.print(text, soft_wrap=True, highlight=False)
    more = len(found.leftovers) - _LEFTOVERS_SHOWN
    if more > 0:
        stderr.print(f"left out: {more} more", soft_wrap=True, highlight=False)


def _work_off(
    queue: Queue, policy: RetryPolicy, options: AlignOptions, workers: int | None
) -> None:
    from sar_models.engine.device import choose_device, visible_gpus
    from sar_models.jobs.local import LocalExecutor
    from sar_models.jobs.supervisor import work_off
    from sar_models.jobs.surroundings import workers_for
    from sar_models.jobs.worker import WorkerOptions
    from sar_models.stores.holder import this_process

    choose_device(options.device)
    if queue.is_idle():
        return
    gpus = () if options.device == "cpu" else visible_gpus()
    count = workers or len(gpus) or workers_for(options.memory_bytes)
    settings = WorkerOptions(queue.layout, this_process(), policy)
    crew = LocalExecutor(queue, settings, min(count, queue.counts().open), gpus=gpus)
    with Watch(queue) as watch:
        work_off(queue, crew, policy, tick=watch.tick)


def _told(queue: Queue, jobs: Sequence[JobId], out: Path, page: Path) -> dict[str, Any]:
    """Return what ``--json`` prints: what became of the pairs of this command."""
    from sar_models.jobs.summary import outcomes_of

    ended = [queue.job(job) for job in jobs]
    return {
        "pairs": len(ended),
        "outcomes": outcomes_of(ended),
        "failed": [
            {"title": job.title, "reason": job.reason} for job in ended if job.state is State.FAILED
        ],
        "out": str(out),
        "summary": str(out / page.name),
    }


def _exit_code(outcomes: dict[str, int], pairs: int) -> ExitCode:
    """Return what tells of a batch as `align` tells of a pair."""
    if outcomes.get("aligned", 0) == pairs:
        return ExitCode.OK
    some = ("aligned", "partial", "ambiguous")
    return ExitCode.PARTIAL if any(outcomes.get(word) for word in some) else ExitCode.NO_ALIGNMENT
