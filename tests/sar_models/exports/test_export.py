"""What is refused and why, and that an output is there whole or not at all."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

import builders
import export_scenes as scenes
import numpy as np
import pytest
import shapely
from shapely.geometry import box

from sar_models.domain.alignment import Outcome, Placement, Reason, failed_alignment
from sar_models.domain.errors import (
    ExportError,
    FrameError,
    InputError,
    NoTransformError,
    OptionError,
    OutputExistsError,
)
from sar_models.exports import FORMATS, ExportFormat, ExportOptions, export_alignment, extras

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.exports import FormatName

ALL = tuple(FORMATS)
SINGLE = tuple(name for name, form in FORMATS.items() if not form.holds_pieces)


def name_of(form: FormatName) -> str:
    return f"out{FORMATS[form].suffixes[0]}"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("form", ALL)
def test_a_failed_alignment_is_refused_with_its_reason(tmp_path: Path, form: FormatName) -> None:
    failed = failed_alignment(scenes.pair(), "No pose fits.", (Reason("no-pose", "No pose fits."),))
    with pytest.raises(NoTransformError, match=r"'he' and 'ihc' .* No pose fits"):
        export_alignment(failed, tmp_path / name_of(form), form)
    assert NoTransformError.exit_code == 4
    assert not names(tmp_path)


@pytest.mark.parametrize("form", ALL)
def test_an_ambiguous_alignment_is_refused(tmp_path: Path, form: FormatName) -> None:
    twice = (Placement(scenes.AFFINE, 0.8, box(0, 0, 9, 9)),) * 2
    ambiguous = scenes.alignment(outcome=Outcome.AMBIGUOUS, placements=twice)
    with pytest.raises(NoTransformError, match=r"2 placements .* --target-roi"):
        export_alignment(ambiguous, tmp_path / name_of(form), form)
    assert not names(tmp_path)


@pytest.mark.parametrize("form", SINGLE)
def test_several_maps_do_not_fit_into_one_file(tmp_path: Path, form: FormatName) -> None:
    with pytest.raises(ExportError, match=r"3 pieces .*piece-1, piece-2, piece-3.* --fragment"):
        export_alignment(scenes.torn_alignment(), tmp_path / name_of(form), form)
    assert not names(tmp_path)


@pytest.mark.parametrize("form", SINGLE)
def test_a_folder_holds_one_file_per_piece(tmp_path: Path, form: FormatName) -> None:
    options = ExportOptions(tolerance_px=100.0)
    exported = export_alignment(scenes.torn_alignment(), tmp_path / "out", form, options)
    suffix = FORMATS[form].suffixes[0]
    assert [one.path for one in exported] == [
        tmp_path / "out" / f"piece-{number}{suffix}" for number in (1, 2, 3)
    ]
    assert all(one.path.exists() for one in exported)
    listed = json.loads((tmp_path / "out" / "about.json").read_bytes())["pieces_by_file"]
    assert listed == {f"piece-{number}{suffix}": [f"piece-{number}"] for number in (1, 2, 3)}


@pytest.mark.parametrize("wanted", ["piece-3", "3"])
def test_one_piece_is_chosen_by_id_or_number(tmp_path: Path, wanted: str) -> None:
    torn = scenes.torn_alignment()
    (one,) = export_alignment(torn, tmp_path / "a.txt", "qupath", ExportOptions(fragment=wanted))
    assert one.pieces == ("piece-3",)
    assert one.about["pieces"][0]["id"] == "piece-3"
    tissue = shapely.from_wkt(one.about["pieces"][0]["to_tissue_level0_px"])
    assert tissue.symmetric_difference(torn.fragments[2].source).area < 1e-4 * tissue.area


def test_an_unknown_piece_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"no piece 'K'.* 1 \(piece-1\), 2 \(piece-2\)"):
        export_alignment(
            scenes.torn_alignment(), tmp_path / "a.csv", "bigwarp", ExportOptions(fragment="K")
        )


def test_a_piece_over_the_tolerance_leaves_no_folder(tmp_path: Path) -> None:
    """The first piece is affine and fits; the second does not."""
    with pytest.raises(ExportError, match="'piece-2'"):
        export_alignment(scenes.torn_alignment(), tmp_path / "out", "qupath")
    assert not names(tmp_path)


@pytest.mark.parametrize("form", ["itk", "ngff", "bigwarp"])
def test_a_missing_pixel_size_is_refused_and_pixels_offered(
    tmp_path: Path, form: FormatName
) -> None:
    unknown = scenes.alignment(pair=scenes.pair(mpp=None))
    with pytest.raises(ExportError, match=r"no pixel size.* --units px"):
        export_alignment(unknown, tmp_path / name_of(form), form)
    (one,) = export_alignment(unknown, tmp_path / name_of(form), form, ExportOptions(units="px"))
    assert one.about["from"]["units"] == "px"
    assert one.about["error_over_tissue"]["max_um"] is None


def test_units_that_readers_do_not_know_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="'warpy' counts in px, not in mm"):
        export_alignment(
            scenes.alignment(), tmp_path / "a.json", "warpy", ExportOptions(units="mm")
        )


def test_a_frame_that_is_not_known_is_refused(tmp_path: Path) -> None:
    bounded = scenes.alignment(pair=scenes.pair_with_bounds())
    with pytest.raises(FrameError, match="OMERO"):
        export_alignment(bounded, tmp_path / "a.h5", "itk", ExportOptions(frame="omero"))
    assert not names(tmp_path)


@pytest.mark.parametrize("tolerance", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_tolerances(tolerance: float) -> None:
    with pytest.raises(OptionError, match="tolerance"):
        ExportOptions(tolerance_px=tolerance)


@pytest.mark.parametrize(
    ("name", "form", "told"),
    [
        ("a.png", "itk", r"\.h5 or \.tfm"),
        ("a.h5", "warpy", r"\.json"),
        ("a.npy", "field", r"\.npz"),
        ("a", "field", r"\.npz"),
        ("a.v2", "bigwarp", "without a dot"),
    ],
)
def test_other_endings_are_refused(tmp_path: Path, name: str, form: FormatName, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        export_alignment(scenes.alignment(), tmp_path / name, form)


def test_an_unknown_format_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"'elastix'.* itk, ngff, warpy"):
        export_alignment(scenes.alignment(), tmp_path / "a.txt", "elastix")  # type: ignore[arg-type]


@pytest.mark.parametrize(("form", "module"), [("itk", "SimpleITK"), ("ngff", "ngff_zarr")])
def test_a_missing_library_is_told_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: FormatName, module: str
) -> None:
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match=rf'{module}.*pip install "sar-align\[exports\]"'):
        export_alignment(scenes.alignment(), tmp_path / name_of(form), form)
    assert not names(tmp_path)


@pytest.mark.parametrize("form", ALL)
def test_what_exists_is_replaced_only_when_asked(tmp_path: Path, form: FormatName) -> None:
    out = tmp_path / name_of(form)
    export_alignment(scenes.alignment(), out, form)
    before = names(tmp_path)
    with pytest.raises(OutputExistsError, match="--overwrite"):
        export_alignment(scenes.alignment(), out, form)
    (one,) = export_alignment(
        scenes.alignment(), out, form, ExportOptions(inverse=True), overwrite=True
    )
    assert names(tmp_path) == before
    assert one.about["direction"] == _stated(out, form)["direction"]


def _stated(out: Path, form: FormatName) -> dict[str, Any]:
    """Return what lies beside a file, or in a store."""
    if FORMATS[form].is_store:
        stated: dict[str, Any] = json.loads((out / "zarr.json").read_bytes())["attributes"]
        return stated["sar-align"]  # type: ignore[no-any-return]
    beside = out.with_name(f"out.{form}.about.json")
    return json.loads(beside.read_bytes())  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["out", "out.ome.zarr"])
def test_a_folder_of_somebody_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "slides.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(OutputExistsError, match="no earlier export"):
        export_alignment(scenes.alignment(), tmp_path / name, "ngff", overwrite=True)
    assert names(tmp_path / name) == ["slides.txt"]


def test_an_earlier_folder_of_pieces_is_replaced(tmp_path: Path) -> None:
    export_alignment(scenes.torn_alignment(), tmp_path / "out", "warpy")
    export_alignment(scenes.alignment(), tmp_path / "out", "bigwarp", overwrite=True)
    assert names(tmp_path / "out") == ["about.json", "whole.bigwarp.about.json", "whole.csv"]


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.h5").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        export_alignment(scenes.alignment(), tmp_path / "a.h5", "itk", overwrite=True)


@pytest.mark.parametrize("form", ALL)
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: FormatName
) -> None:
    out = tmp_path / name_of(form)
    export_alignment(scenes.alignment(), out, form)
    before, stated = names(tmp_path), _stated(out, form)

    def full(job: object, path: Path, goal_px: float) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ExportFormat, "load_writer", lambda form: full)
    with pytest.raises(OSError, match="No space left"):
        export_alignment(scenes.alignment(), out, form, ExportOptions(inverse=True), overwrite=True)
    assert names(tmp_path) == before
    assert _stated(out, form) == stated


def test_the_tolerance_follows_the_expected_error(tmp_path: Path) -> None:
    """A tenth of it, but at least half a pixel."""
    rough = builders.ScalarGrid(np.zeros(2), np.full(2, 10_000.0), np.full((4, 5), 50.0))
    for sigma, expected in ((None, 0.5), (rough, 5.0)):
        changes = {} if sigma is None else {"sigma": sigma}
        (one,) = export_alignment(
            scenes.alignment(**changes), tmp_path / "a.json", "warpy", overwrite=True
        )
        assert one.tolerance_px == pytest.approx(expected)


def test_names_of_pieces_lead_nowhere_else(tmp_path: Path) -> None:
    piece = scenes.fragment("../../evil", scenes.TISSUE, scenes.AFFINE)
    (one,) = export_alignment(scenes.alignment(piece), tmp_path / "out", "qupath")
    assert one.path == tmp_path / "out" / "______evil.txt"
    assert names(tmp_path) == ["out"]


def test_a_partial_alignment_says_so(tmp_path: Path) -> None:
    partial: Alignment = scenes.alignment(outcome=Outcome.PARTIAL)
    (one,) = export_alignment(partial, tmp_path / "a.txt", "qupath")
    assert one.about["alignment"]["outcome"] == "partial"
    assert one.about["alignment"]["content_sha256"] == partial.content_sha256
