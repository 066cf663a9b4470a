"""``sar-align qupath align``: pairs of a project, aligned and brought back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sar_models.cli.arguments import parse_bytes, parse_region
from sar_models.cli.console import print_json, stage_progress, stderr, stdout
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.options import JsonOption
from sar_qupath.cli.shared import (
    BackendOption,
    DryRunOption,
    ForceOption,
    KeepMeasurementsOption,
    ProjectArgument,
    PublishOption,
    SectionOption,
    open_store,
    policy_of,
    record_of,
    tell,
)

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.engine import AlignOptions
    from sar_models.stores import PairNames
    from sar_qupath.store import ProjectStore

_LEFTOVERS_SHOWN = 10


def align(
    project: ProjectArgument,
    source: Annotated[
        str | None, typer.Option(help="Image whose annotations move: its name, or #ID.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Image that receives them.")] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="CSV with the columns source and target: image names.")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            help="Regular expression with the groups case and stain, searched in image names: "
            r"'(?P<case>[^_]+)_(?P<stain>[^_.]+)'."
        ),
    ] = None,
    case_key: Annotated[
        str | None, typer.Option(help="Metadata key in QuPath that tells the case.")
    ] = None,
    stain_key: Annotated[
        str | None, typer.Option(help="Metadata key in QuPath that tells the stain.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Stain of the targets, with --pattern or the keys.")
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(help="GeoJSON of the source, exported from QuPath; for one pair."),
    ] = None,
    mode: Annotated[
        Literal["auto", "intact", "fragments"], typer.Option(help="As for `sar-align align`.")
    ] = "auto",
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")
    ] = "auto",
    memory: Annotated[str, typer.Option(help="Memory budget.")] = "4GB",
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    target_roi: Annotated[
        str | None,
        typer.Option(help="Settles an ambiguous pair: x,y,width,height in the file's pixels."),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Align again what is aligned already.")
    ] = False,
    publish: PublishOption = "accepted",
    section: SectionOption = "serial",
    keep_measurements: KeepMeasurementsOption = False,
    new_project: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a new project that shows the source on the target; for one pair."
        ),
    ] = None,
    backend: BackendOption = "files",
    force: ForceOption = False,
    dry_run: DryRunOption = False,
    json_: JsonOption = False,
) -> None:
    """Align images of a project, carry the annotations over, leave results for QuPath to import.

    Neither project.qpproj nor QuPath's data are written. A pair that is aligned already is not
    computed again without --refresh.

    Exit code 0: all are aligned; 3: some are not, or partly; 4: none is; 2: wrong input;
    5: the project or a folder refused.
    """
    from sar_models.engine import AlignOptions
    from sar_qupath.cli.pairs import chosen_pairs
    from sar_qupath.decisions import adopt_decisions

    options = AlignOptions(
        mode=mode,
        device=device,
        memory_bytes=parse_bytes(memory),
        seed=seed,
        target_roi=parse_region(target_roi),
    )
    policy = policy_of(publish, force=force)
    with open_store(project, backend, force=force) as store:
        found = chosen_pairs(
            store,
            source=source,
            target=target,
            table=pairs,
            pattern=pattern,
            reference=reference,
            keys=(case_key, stain_key),
        )
        for leftover in found.leftovers[:_LEFTOVERS_SHOWN]:
            text = f"left out: {leftover.slide}: {leftover.reason}"
            stderr.print(text, markup=False, soft_wrap=True, highlight=False)
        _check_single(len(found.pairs), annotations, new_project)
        if dry_run:
            _tell_plan(store, found.pairs, refresh=refresh, as_json=json_)
            return
        adopt_decisions(store.shelf.places)
        told = []
        for pair in found.pairs:
            alignment = _aligned(store, pair, options, refresh=refresh)
            told.append(
                _brought_back(
                    store, alignment, policy, section, annotations, new_project,
                    keep_measurements=keep_measurements, as_json=json_,
                )
            )  # fmt: skip
    if json_:
        print_json({"pairs": told})
    raise typer.Exit(_exit_code([pair["outcome"] for pair in told]))


def _check_single(count: int, annotations: Path | None, new_project: Path | None) -> None:
    from sar_models.domain.errors import OptionError, OutputExistsError

    for name, given in (("--annotations", annotations), ("--new-project", new_project)):
        if given is not None and count != 1:
            raise OptionError(f"{name} is for one pair, these are {count}")
    if new_project is not None and new_project.exists():
        raise OutputExistsError(
            f"The output {str(new_project)!r} exists already",
            remedy="A project is never overwritten: choose another folder.",
        )


def _tell_plan(
    store: ProjectStore, pairs: tuple[PairNames, ...], *, refresh: bool, as_json: bool
) -> None:
    rows = []
    for pair in pairs:
        there = store.shelf.record(pair.source, pair.target) is not None
        what = "keep the alignment" if there and not refresh else "align"
        rows.append({"source": pair.source, "target": pair.target, "would": what})
    if as_json:
        print_json({"pairs": rows})
        return
    for row in rows:
        text = f"{row['source']} → {row['target']}: would {row['would']}, then push"
        stdout.print(text, markup=False, highlight=False, soft_wrap=True)


def _aligned(
    store: ProjectStore, pair: PairNames, options: AlignOptions, *, refresh: bool
) -> Alignment:
    """Return the alignment of a pair: the one that is there, or a new one."""
    from sar_models.jobs.pair import run_open_pair
    from sar_models.stores.alignment_folder import read_alignment

    folder = store.shelf.alignment_folder(pair.source, pair.target)
    if not refresh and store.shelf.record(pair.source, pair.target) is not None:
        return read_alignment(folder)
    folder.parent.mkdir(exist_ok=True)
    with (
        store.open(pair.source) as source,
        store.open(pair.target) as target,
        stage_progress(f"{pair.source} → {pair.target}") as progress,
    ):
        return run_open_pair(source, target, folder, options, progress, overwrite=True).alignment


def _brought_back(
    store: ProjectStore,
    alignment: Alignment,
    policy: Any,
    section: Literal["serial", "same"],
    annotations: Path | None,
    new_project: Path | None,
    *,
    keep_measurements: bool,
    as_json: bool,
) -> dict[str, Any]:
    from sar_models.domain.transfer import TransferOptions
    from sar_qupath.aligned_project import write_aligned_project
    from sar_qupath.pushing import apply_pair, plan_pair
    from sar_qupath.reading import source_objects

    kept: Literal["keep", "drop"] = "keep" if keep_measurements else "drop"
    transfer = TransferOptions(section=section, source_measurements=kept)
    objects = source_objects(store, alignment, annotations)
    pair = plan_pair(store, alignment, policy, options=transfer, annotations=objects)
    apply_pair(store, pair)
    told = record_of(pair)
    told["folder"] = str(store.shelf.alignment_folder(pair.source.slide, pair.target.slide))
    if not as_json:
        tell(pair, dry_run=False)
    if new_project is not None:
        error = write_aligned_project(store, alignment, pair.source, pair.target, new_project)
        told["new_project"] = {"folder": str(new_project), "error": error.to_record()}
        if not as_json:
            text = f"  new project {new_project}: shown up to {error.max_px:.2g} px off"
            stdout.print(text, markup=False, highlight=False, soft_wrap=True)
    return told


def _exit_code(outcomes: list[str]) -> ExitCode:
    if all(outcome == "aligned" for outcome in outcomes):
        return ExitCode.OK
    return ExitCode.NO_ALIGNMENT if set(outcomes) == {"failed"} else ExitCode.PARTIAL
