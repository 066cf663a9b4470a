"""``sar-align doctor``: what is installed, what is missing, what to do about it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from sar_models.__about__ import __version__
from sar_models.cli.console import print_json, stdout
from sar_models.cli.doctor_omero import omero_trouble, omero_versions
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.options import JsonOption
from sar_models.domain.errors import SarAlignError
from sar_models.domain.geometry import Region

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["ok", "optional", "broken"]
_MARKS: dict[State, str] = {"ok": "[green]✔[/]", "optional": "[dim]–[/]", "broken": "[red]✘[/]"}

# Extra, the module that proves it, and what it is for.
_EXTRAS = (
    ("omero", "omero", "OMERO servers"),
    ("qupath", "jpype", "QuPath projects through paquo"),
    ("widgets", "anywidget", "review in notebooks"),
    ("service", "fastapi", "backend for plugins"),
    ("cluster", "distributed", "Dask and Slurm"),
    ("exports", "SimpleITK", "ITK and OME-NGFF transforms"),
    ("matchers", "kornia", "further matchers"),
    ("keyring", "keyring", "passwords kept by the system"),
    ("benchmark", "matplotlib", "plots of benchmarks"),
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    found: str
    remedy: str = ""


def doctor(
    json_: JsonOption = False,
) -> None:
    """Check the installation: what works, what is missing, what to do."""
    checks = [*_core_checks(), *(_extra_check(*extra) for extra in _EXTRAS)]
    healthy = all(check.state != "broken" for check in checks)
    if json_:
        print_json({"healthy": healthy, "checks": [asdict(check) for check in checks]})
    else:
        stdout.print(_table(checks))
        stdout.print("[green]Ready.[/]" if healthy else "[red]Something is broken, see above.[/]")
    if not healthy:
        raise typer.Exit(ExitCode.INTERNAL)


def _table(checks: list[Check]) -> Table:
    table = Table(title=f"sar-align {__version__}", title_justify="left", box=None)
    for column in ("", "check", "found"):
        table.add_column(column, overflow="fold")
    # Commands are there to be copied: the other columns give way.
    table.add_column("what to do", no_wrap=True)
    for check in checks:
        # Escaped: the names of extras stand in square brackets, as rich's markup does.
        table.add_row(_MARKS[check.state], *map(escape, (check.name, check.found, check.remedy)))
    return table


def _core_checks() -> list[Check]:
    return [
        _attempt("Python", "Install Python 3.11 or 3.12.", _python),
        _attempt("torch", "Install the CPU build: see docs/install.", _torch),
        _attempt("OpenSlide", "Reinstall openslide-python and openslide-bin.", _openslide),
        _attempt("slides", "Reinstall sar-align; report this if it stays.", _slide_round_trip),
        _attempt("weights", "Reinstall sar-align.", _weights),
    ]


def _attempt(name: str, remedy: str, probe: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", probe())
    except (ImportError, OSError, SarAlignError, RuntimeError) as exc:
        return Check(name, "broken", f"{type(exc).__name__}: {exc}", remedy)


def _python() -> str:
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        raise RuntimeError(f"Python {platform.python_version()} is not supported")
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _torch() -> str:
    from sar_models.engine.device import describe_devices

    return describe_devices()


def _openslide() -> str:
    import openslide

    return f"openslide {openslide.__library_version__}"


def _slide_round_trip() -> str:
    """Write a small pyramid and read it back: the codecs work."""
    import tifffile

    from sar_models.stores import open_slide

    pixels = np.tile(np.arange(256, dtype=np.uint8)[:, None, None], (1, 256, 3))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.tif"
        tifffile.imwrite(path, pixels, tile=(256, 256), compression="jpeg", photometric="rgb")
        with open_slide(path) as slide:
            read = slide.read(0, Region(0, 0, 256, 256))
    if np.abs(read.astype(int) - pixels).max() > 16:
        raise RuntimeError("a written slide reads back with other pixels")
    return "a JPEG pyramid reads back"


def _weights() -> str:
    """Read the networks that ship, and compare their checksums."""
    from sar_models.engine.scene.weights import manifest, shipped_scenes

    told = []
    for scene in shipped_scenes():
        step = manifest().get(scene.name, {}).get("step")
        trained = "" if step is None else f", step {step} of its training"
        told.append(f"{scene.name}{trained}, sha256 {scene.sha256[:12]}")
    return "; ".join(told)


def _extra_check(extra: str, module: str, purpose: str) -> Check:
    if extra == "omero":
        trouble = omero_trouble()
        if trouble is None:
            return Check("extra omero", "ok", omero_versions())
        return Check("extra omero", "optional", f"{trouble.found} ({purpose})", trouble.remedy)
    # Only looked for, not imported: Ice and a Java machine must never share a process.
    if importlib.util.find_spec(module) is None:
        remedy = f'pip install "sar-align[{extra}]"'
        return Check(f"extra {extra}", "optional", f"not installed ({purpose})", remedy)
    distribution = importlib.metadata.packages_distributions().get(module, [module])[0]
    version = importlib.metadata.version(distribution)
    return Check(f"extra {extra}", "ok", f"{distribution} {version}")
