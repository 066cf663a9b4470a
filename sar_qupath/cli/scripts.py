"""``sar-align qupath import-scripts``: SAR-Align in QuPath's menus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_qupath.cli.shared import DryRunOption


def import_scripts(
    project: Annotated[
        Path | None,
        typer.Argument(help="QuPath project: project.qpproj, or the folder that holds it."),
    ] = None,
    user: Annotated[
        bool, typer.Option("--user", help="For all projects: into QuPath's user folder.")
    ] = False,
    user_dir: Annotated[
        Path | None, typer.Option(help="QuPath's user folder, if not the usual one.")
    ] = None,
    dry_run: DryRunOption = False,
    json_: JsonOption = False,
) -> None:
    """Install the scripts: Align this pair, Import results, Transfer selected objects, Remove run.

    They appear under Automate > Project scripts (with --user: User scripts). Where this program is,
    is written down for them in your own state folder.

    Exit code 0: installed; 2: wrong input; 5: a folder cannot be written.
    """
    from sar_models.domain.errors import InputError, OptionError
    from sar_qupath.installing import install, plan_installation, user_folder
    from sar_qupath.project.document import project_file

    everywhere = user or user_dir is not None
    if everywhere == (project is not None):
        raise OptionError(
            "Where shall the scripts go?", remedy="Give either a project, or --user for all."
        )
    if project is not None:
        folder = project_file(project).parent
    else:
        folder = user_dir or user_folder()
        if not folder.is_dir():
            raise InputError(f"{str(folder)!r} is no folder", remedy="Check --user-dir.")
    planned = plan_installation(folder / "scripts")
    if not dry_run:
        install(planned)
    if json_:
        print_json({"dry_run": dry_run, "files": [[f.action, str(f.path)] for f in planned]})
        return
    for file in planned:
        done = "" if file.action == "keep" or not dry_run else "would "
        text = f"{done}{file.action} {file.path}"
        stdout.print(text, markup=False, highlight=False, soft_wrap=True)
