"""The formats by name, and what each of them counts in, holds and loses."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.slides import FrameKind
    from sar_models.exports.accuracy import Accuracy
    from sar_models.exports.options import Units
    from sar_models.exports.space import Origin

FormatName = Literal["itk", "ngff", "warpy", "bigwarp", "qupath", "field"]


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Parameters
    ----------
    name : str
    suffixes : tuple of str
        Endings of its files, the usual one first.
    writer : str
        ``module:function``, imported when it is used.
    maps_forward : bool
        Whether the map in the file takes source points to the target. Programs that resample
        images want the opposite map for the same effect, the source carried onto the target.
    units : tuple of {"px", "um", "mm"}
        What its coordinates may be given in, the usual one first.
    origin : {"corner", "centre"}
        Which point of the first pixel is (0, 0).
    frame : {"file", "qupath", "omero"}
        Whose level 0 its readers show.
    read_by : str
        Programs that read it.
    use : str
        What to do with it; ``{start}`` and ``{end}`` are the slides mapped from and to.
    loses : str
        What the alignment says and the file cannot.
    holds_bends : bool
        Whether it holds any map as finely as it is sampled.
    holds_pieces : bool
        Whether one file holds several pieces.
    is_store : bool
        Whether its "file" is a folder.
    """

    name: FormatName
    suffixes: tuple[str, ...]
    writer: str
    maps_forward: bool
    units: tuple[Units, ...]
    origin: Origin
    frame: FrameKind
    read_by: str
    use: str
    loses: str
    holds_bends: bool = False
    holds_pieces: bool = False
    is_store: bool = False

    def load_writer(self) -> Callable[..., Accuracy]:
        """Return the function that writes the format."""
        module, function = self.writer.split(":")
        found: Callable[..., Accuracy] = getattr(importlib.import_module(module), function)
        return found

    def suffix_of(self, name: str) -> str | None:
        """Return the ending of a file name, ``None`` if it is not one of the format."""
        return next((s for s in self.suffixes if name.endswith(s)), None)


_ALONE = "which tissue has a counterpart, the other pieces, the expected error"
_SPLINE = f"{_ALONE}; a bent map becomes a thin-plate spline"

FORMATS: dict[FormatName, ExportFormat] = {
    form.name: form
    for form in (
        ExportFormat(
            "itk",
            (".h5", ".tfm"),
            "sar_models.exports.itk:write_itk",
            maps_forward=False,
            units=("mm", "um", "px"),
            origin="centre",
            frame="file",
            read_by="SimpleITK, ITK, 3D Slicer",
            use="Resample {end} onto {start} with it.",
            loses=f"{_ALONE}; beyond the field only the affine goes on",
            holds_bends=True,
        ),
        ExportFormat(
            "ngff",
            (".ome.zarr", ".zarr"),
            "sar_models.exports.ngff:write_ngff",
            maps_forward=True,
            units=("um", "mm", "px"),
            origin="centre",
            frame="file",
            read_by="ngff-zarr and other readers of OME-NGFF 0.6",
            use="It is a scene with the coordinate systems of both slides.",
            loses=f"{_ALONE}; a bent map has no value beyond its field",
            holds_bends=True,
            is_store=True,
        ),
        ExportFormat(
            "warpy",
            (".json",),
            "sar_models.exports.warpy:write_warpy",
            maps_forward=True,
            units=("px",),
            origin="corner",
            frame="qupath",
            read_by="QuPath with the extension Warpy",
            use="Put it into data/<ID of {end}>/ of the QuPath project, under the name "
            "transform_<ID of {end}>_<ID of {start}>.json.",
            loses=_SPLINE,
        ),
        ExportFormat(
            "bigwarp",
            (".csv",),
            "sar_models.exports.bigwarp:write_bigwarp",
            maps_forward=False,
            units=("um", "mm", "px"),
            origin="centre",
            frame="file",
            read_by="BigWarp in Fiji",
            use="Open {end} as moving and {start} as fixed image, then import the landmarks.",
            loses=_SPLINE,
        ),
        ExportFormat(
            "qupath",
            (".txt",),
            "sar_models.exports.qupath:write_qupath",
            maps_forward=False,
            units=("px",),
            origin="corner",
            frame="qupath",
            read_by="QuPath, Interactive image alignment",
            use="With {start} in the viewer and {end} as overlay, paste it into the text box and "
            "press Update.",
            loses=f"{_ALONE}; bends",
        ),
        ExportFormat(
            "field",
            (".npz",),
            "sar_models.exports.field:write_field",
            maps_forward=True,
            units=("px",),
            origin="corner",
            frame="file",
            read_by="NumPy, and what reads its arrays",
            use="Points of {start} plus displacement_px at them are points of {end}.",
            loses="a strip one cell wide along seams, where it is NaN",
            holds_bends=True,
            holds_pieces=True,
        ),
    )
}


def format_named(name: str) -> ExportFormat:
    """Return the format called ``name``.

    Raises
    ------
    OptionError
        If there is none.
    """
    for form in FORMATS.values():
        if form.name == name:
            return form
    raise OptionError(f"Unknown format {name!r}", remedy=f"Use one of {', '.join(FORMATS)}.")


def check_units(form: ExportFormat, units: Units | None) -> None:
    """Refuse units that a format's readers do not know.

    Raises
    ------
    OptionError
        If they cannot be chosen.
    """
    if units is not None and units not in form.units:
        raise OptionError(
            f"The format {form.name!r} counts in {' or '.join(form.units)}, not in {units}",
            remedy="Leave --units out.",
        )
