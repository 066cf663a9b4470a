"""``sar-align omero install-plugin``: the command `omero sar-align`, and the script for servers."""

from __future__ import annotations

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sar_models.cli.console import stdout
from sar_models.cli.outputs import check_file_output
from sar_models.domain.errors import OutputExistsError, StoreError
from sar_models.stores.atomic import atomic_file

_PLUGIN, _SCRIPT = "sar_align_plugin.py", "SAR_Align_Request.py"
_MARK = "Installed by ``sar-align omero install-plugin``"


def install_plugin(
    script: Annotated[
        Path | None,
        typer.Option(
            help="Instead write the OMERO.script for requests, to be uploaded by an admin."
        ),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the plugin away again.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing script file.")
    ] = False,
) -> None:
    """Make the command `omero sar-align` known to omero-py.

    Exit code 0: done; 2: wrong input; 5: omero-py is not installed, or cannot be written to.
    """
    if script is not None:
        check_file_output(script, overwrite=overwrite)
        _write(script, _SCRIPT)
        stdout.print(
            f"{script}: upload it with `omero script upload --official {script}`",
            markup=False,
            soft_wrap=True,
        )
        return
    place = _plugins() / "sar_align.py"
    if place.exists() and _MARK not in place.read_text(encoding="utf-8"):
        raise OutputExistsError(f"{str(place)!r} is somebody else's", remedy="Move it away.")
    if remove:
        place.unlink(missing_ok=True)
        stdout.print("`omero sar-align` is gone.")
        return
    _write(place, _PLUGIN)
    stdout.print("Installed; try `omero sar-align --help`.")


def _plugins() -> Path:
    """Return the folder of omero-py's plugins, without loading it."""
    found = find_spec("omero")
    where = list(found.submodule_search_locations or ()) if found is not None else []
    if not where:
        raise StoreError(
            "omero-py is not installed", remedy="Install it with: pip install 'sar-align[omero]'"
        )
    return Path(where[0]) / "plugins"


def _write(place: Path, name: str) -> None:
    text = files("sar_omero").joinpath("native", name).read_text(encoding="utf-8")
    with atomic_file(place) as partial:
        partial.write_text(text, encoding="utf-8")
