"""Write an alignment in a format of other programs."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import ExportError, OptionError
from sar_models.exports import output
from sar_models.exports.about import MARK, VERSION, about
from sar_models.exports.formats import check_units, format_named
from sar_models.exports.job import Job, make_job
from sar_models.exports.options import ExportOptions

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.exports.accuracy import Accuracy
    from sar_models.exports.formats import ExportFormat, FormatName

_GOAL_PX = 0.25
"""Grids can be as fine as this asks for; more points of a spline would only make it slow."""


@dataclass(frozen=True)
class Exported:
    """One file, or store, that was written.

    Parameters
    ----------
    path : Path
    pieces : tuple of str
        Ids of the pieces in it.
    accuracy : Accuracy
        What the format added to the error, over tissue.
    tolerance_px : float
        What it might have added.
    about : dict
        The statement of the file as JSON values.
    stated_in : Path
        Where it stands: a file beside, or the store's attributes.
    """

    path: Path
    pieces: tuple[str, ...]
    accuracy: Accuracy
    tolerance_px: float
    about: dict[str, Any]
    stated_in: Path


def export_alignment(
    alignment: Alignment,
    out: Path,
    format_name: FormatName,
    options: ExportOptions | None = None,
    *,
    overwrite: bool = False,
) -> tuple[Exported, ...]:
    """Write the transform of an alignment in a format of other programs.

    Parameters
    ----------
    alignment : Alignment
    out : Path
        With an ending of the format: one file (OME-Zarr: a store), its statement
        ``NAME.FORMAT.about.json`` beside it. Without any ending: a folder of one such file per
        piece.
    format_name : {"itk", "ngff", "warpy", "bigwarp", "qupath", "field"}
    options : ExportOptions or None
        ``None``: the defaults.
    overwrite : bool

    Returns
    -------
    tuple of Exported
        One for each file.

    Raises
    ------
    NoTransformError
        If the alignment failed or is ambiguous.
    ExportError
        If one file is asked for several maps, the piece does not exist, the format adds more
        error than the tolerance allows, a pixel size or a library is missing.
    OptionError
        If the format, its units or the ending of ``out`` are unknown.
    OutputExistsError
        If ``out`` exists and ``overwrite`` is not set or must not replace it.
    InputError
        If the folder of ``out`` is missing.
    StoreError
        If it is not writable.
    """
    options = options or ExportOptions()
    form = format_named(format_name)
    check_units(form, options.units)
    suffix = _suffix(form, out)
    is_folder = suffix is None or form.is_store
    if is_folder:
        output.check_folder(out, overwrite=overwrite)
    else:
        output.check_file(out, form, overwrite=overwrite)
    job = make_job(alignment, form, options)
    with tempfile.TemporaryDirectory(prefix="sar-align-export-") as scratch:
        written = Path(scratch) / out.name
        if suffix is None:
            exported = _write_each(job, form, options, written)
        else:
            _check_fits(job, form)
            exported = (_write(job, form, options, written),)
        if is_folder:
            output.place_folder(written, out, overwrite=overwrite)
        else:
            output.place_file(written, out, form, exported[0].about)
    return tuple(
        replace(
            one,
            path=out / one.path.relative_to(written),
            stated_in=out.parent / one.stated_in.relative_to(scratch),
        )
        for one in exported
    )


def _suffix(form: ExportFormat, out: Path) -> str | None:
    """Return the ending of a file, ``None`` for a folder."""
    suffix = form.suffix_of(out.name)
    endings = " or ".join(form.suffixes)
    if suffix is None and out.suffix:
        raise OptionError(
            f"{out.name!r} is no name for the format {form.name!r}",
            remedy=f"Let it end in {endings}"
            + ("." if form.holds_pieces else ", or give a folder's name without a dot."),
        )
    if suffix is None and form.holds_pieces:
        raise OptionError(
            f"{out.name!r} has no ending: the format {form.name!r} holds all pieces in one file",
            remedy=f"Let it end in {endings}.",
        )
    return suffix


def _check_fits(job: Job, form: ExportFormat) -> None:
    """Refuse several maps for a file that holds one."""
    if len(job.maps) > 1 and not form.holds_pieces:
        ids = ", ".join(smooth.id for smooth in job.maps)
        raise ExportError(
            f"The alignment has {len(job.maps)} pieces with a map each ({ids}), and a file of the "
            f"format {form.name!r} holds one",
            remedy="Choose one with --fragment, give a folder's name without a dot for one file "
            "per piece, or use --format field, which holds them all.",
        )


def _write_each(
    job: Job, form: ExportFormat, options: ExportOptions, folder: Path
) -> tuple[Exported, ...]:
    """Write one file per piece, and a list of them that marks the folder as ours."""
    folder.mkdir()
    exported = []
    for smooth in job.maps:
        # Ids are ours, but records come from files: nothing may lead out of the folder.
        path = folder / (re.sub(r"[^\w-]", "_", smooth.id) + form.suffixes[0])
        one = _write(replace(job, maps=(smooth,)), form, options, path)
        if not form.is_store:
            output.write_json(one.stated_in, one.about)
        exported.append(one)
    files = {one.path.name: list(one.pieces) for one in exported}
    output.write_json(folder / output.ABOUT_NAME, {MARK: VERSION, "pieces_by_file": files})
    return tuple(exported)


def _write(job: Job, form: ExportFormat, options: ExportOptions, path: Path) -> Exported:
    """Write one file and judge it."""
    tolerance_px = job.tolerance_px(options)
    # Half of what is allowed: measured at points, an error may be larger between them.
    goal_px = 0.5 * tolerance_px
    if form.holds_bends:
        goal_px = min(goal_px, _GOAL_PX)
    accuracy = form.load_writer()(job, path, goal_px)
    if accuracy.max_px > tolerance_px:
        raise _too_far_off(job, form, accuracy, tolerance_px)
    record = about(job.alignment, form, job.maps, accuracy, tolerance_px)
    if form.is_store:
        output.stamp_store(path, record)
    stated_in = output.statement_of(path, form)
    ids = tuple(smooth.id for smooth in job.maps)
    return Exported(path, ids, accuracy, tolerance_px, record, stated_in)


def _too_far_off(
    job: Job, form: ExportFormat, accuracy: Accuracy, tolerance_px: float
) -> ExportError:
    um = "" if accuracy.max_um is None else f" ({accuracy.max_um:.2f} µm)"
    ids = ", ".join(repr(smooth.id) for smooth in job.maps)
    bent = "" if form.holds_bends else ", or use a format that holds bent maps: itk, ngff or field"
    return ExportError(
        f"In the format {form.name!r}, as {accuracy.kind}, the map of {ids} would be up to "
        f"{accuracy.max_px:.2f} px{um} off over its tissue, 95 % of it below "
        f"{accuracy.p95_px:.2f} px; the tolerance is {tolerance_px:.2f} px",
        remedy=f"Accept it with a larger --tolerance{bent}.",
    )
