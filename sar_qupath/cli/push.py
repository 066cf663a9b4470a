"""``sar-align qupath push``: results of alignments into a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sar_models.cli.console import print_json, stderr
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
    from sar_qupath.store import ProjectStore


def push(
    project: ProjectArgument,
    alignments: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders that `sar-align align` wrote, of images of the project; all alignments "
            "that the project has if left out."
        ),
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(help="GeoJSON of the source, exported from QuPath; for one alignment."),
    ] = None,
    publish: PublishOption = "accepted",
    section: SectionOption = "serial",
    keep_measurements: KeepMeasurementsOption = False,
    backend: BackendOption = "files",
    force: ForceOption = False,
    dry_run: DryRunOption = False,
    json_: JsonOption = False,
) -> None:
    """Bring what was aligned, reviewed or accepted in QuPath to where QuPath imports it.

    The same push twice changes nothing. What people edited, locked, deleted or added stays.
    A rejected alignment is taken back.

    Exit code 0: pushed; 2: wrong input, nothing written; 5: the project or a folder refused.
    """
    from sar_models.domain.errors import InputError, OptionError
    from sar_models.domain.transfer import TransferOptions
    from sar_models.stores.alignment_folder import read_alignment
    from sar_qupath.decisions import adopt_decisions, waiting_decisions
    from sar_qupath.pushing import apply_pair, plan_pair
    from sar_qupath.reading import source_objects

    policy = policy_of(publish, force=force)
    kept: Literal["keep", "drop"] = "keep" if keep_measurements else "drop"
    options = TransferOptions(section=section, source_measurements=kept)
    with open_store(project, backend, force=force) as store:
        places = store.shelf.places
        folders = list(alignments or _stored(store))
        if not folders:
            raise InputError(
                f"The project {str(store.shelf.project)!r} has no alignments",
                remedy="Make some with `sar-align qupath align`, or give alignment folders.",
            )
        if annotations is not None and len(folders) != 1:
            raise OptionError(f"--annotations is for one alignment, these are {len(folders)}")
        read = [(folder, read_alignment(folder)) for folder in folders]
        if dry_run:
            waiting = len(waiting_decisions(places))
            if waiting:
                text = f"{waiting} accepted in QuPath would be recorded first"
                stderr.print(text, markup=False, soft_wrap=True, highlight=False)
        else:
            adopt_decisions(places)
        told = []
        for folder, alignment in read:
            objects = source_objects(store, alignment, annotations)
            files = _further_files(folder, store)
            pair = plan_pair(
                store, alignment, policy, options=options, files=files, annotations=objects
            )
            if not dry_run:
                apply_pair(store, pair)
            told.append(record_of(pair))
            if not json_:
                tell(pair, dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, "pairs": told})


def _stored(store: ProjectStore) -> list[Path]:
    from sar_models.stores.alignment_folder import RECORD_NAME

    records = store.shelf.places.results.glob(f"*_to_*/{RECORD_NAME}")
    return [record.parent for record in sorted(records)]


def _further_files(folder: Path, store: ProjectStore) -> dict[str, bytes]:
    """Return report and pictures of an alignment folder that lies elsewhere."""
    if folder.resolve().parent == store.shelf.places.results.resolve():
        return {}
    found = [folder / "report.html", *sorted((folder / "preview").glob("*.jpg"))]
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in found if f.is_file()}
