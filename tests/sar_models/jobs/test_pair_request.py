"""Pairs as requests: their identity, and their way through JSON."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from shapely import box

from sar_models.domain.alignment import Alignment, Outcome, Risk
from sar_models.domain.errors import OptionError, RecordError, SlideError, StoreError
from sar_models.domain.geometry import Mpp, Region
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine, Fragment, Piecewise
from sar_models.engine import AlignOptions, correction_options
from sar_models.jobs.pair_options import options_from_values, options_to_values
from sar_models.jobs.pair_request import PairValues, pair_request, unreadable_request
from sar_models.jobs.pair_task import align_pair
from sar_models.jobs.slide_ref import SlideRef
from sar_models.stores.alignment_folder import read_alignment, write_alignment

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = AlignOptions(device="cpu")


@pytest.fixture
def refs(tmp_path: Path) -> tuple[SlideRef, SlideRef]:
    paths = (tmp_path / "cd3.tif", tmp_path / "he.tif")
    for path, shade in zip(paths, (240, 250), strict=True):
        tifffile.imwrite(path, np.full((90, 120, 3), shade, np.uint8), photometric="rgb")
    return SlideRef(str(paths[0])), SlideRef(str(paths[1]))


def test_the_identity_is_that_of_the_alignment(
    refs: tuple[SlideRef, SlideRef], tmp_path: Path
) -> None:
    request = pair_request(*refs, OPTIONS)
    assert (request.title, request.label) == ("cd3.tif → he.tif", "cd3--he")
    values = json.loads(json.dumps(dict(request.values))) | {"request_id": request.id}
    told = align_pair(values, tmp_path / "result", lambda stage, done: None)
    alignment = read_alignment(tmp_path / "result")
    assert alignment.request_id == request.id
    assert told["content_sha256"] == alignment.content_sha256
    assert (told["outcome"], told["risk"]) == ("failed", 1.0)


def test_names_are_no_part_of_it_but_everything_else_is(
    refs: tuple[SlideRef, SlideRef], tmp_path: Path
) -> None:
    source, target = refs
    first = pair_request(source, target, OPTIONS)
    copy = tmp_path / "copy.tif"
    copy.write_bytes((tmp_path / "cd3.tif").read_bytes())
    assert pair_request(SlideRef(str(copy)), target, OPTIONS).id == first.id
    others = [
        pair_request(target, source, OPTIONS),
        pair_request(source, target, replace(OPTIONS, seed=1)),
        pair_request(source, target, replace(OPTIONS, mode="intact")),
    ]
    assert len({first.id, *(other.id for other in others)}) == 4
    assert len({first.subject, *(other.subject for other in others)}) == 4


def test_an_upgrade_changes_the_id_and_not_the_subject(
    refs: tuple[SlideRef, SlideRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = pair_request(*refs, OPTIONS)
    monkeypatch.setattr("sar_models.engine.identity.__version__", "99.0")
    new = pair_request(*refs, OPTIONS)
    assert new.id != old.id
    assert new.subject == old.subject


def test_a_slide_that_changed_meanwhile_is_told(
    refs: tuple[SlideRef, SlideRef], tmp_path: Path
) -> None:
    request = pair_request(*refs, OPTIONS)
    tifffile.imwrite(refs[0].slide, np.full((90, 120, 3), 230, np.uint8), photometric="rgb")
    with pytest.raises(Exception, match="changed since the pair was queued"):
        align_pair(
            dict(request.values) | {"request_id": request.id},
            tmp_path / "result",
            lambda stage, done: None,
        )


def test_slides_that_cannot_be_opened_have_requests_that_say_so(tmp_path: Path) -> None:
    missing = SlideRef(str(tmp_path / "none.svs"))
    with pytest.raises(SlideError, match="There is no slide"):
        pair_request(missing, missing, OPTIONS)
    first, second = (unreadable_request(missing, missing, OPTIONS, why) for why in "ab")
    assert first.id != second.id


def test_all_options_survive() -> None:
    points = np.array([[1.5, 2.5], [3.0, 4.0]])
    options = AlignOptions(
        mode="auto",
        device="cpu",
        memory_bytes=2**30,
        seed=7,
        working_size_px=800,
        source_mpp=Mpp(0.25, 0.5),
        target_mpp=Mpp(1.0, 1.0),
        source_roi=Region(1, 2, 3, 4),
        target_roi=Region(5, 6, 7, 8),
        landmarks=(points, points + 1),
        glass_reach_um=100.0,
        parent="a" * 64,
        fragment="piece-2",
    )
    default = AlignOptions()
    read = options_from_values(json.loads(json.dumps(options_to_values(options))))
    for field in (field.name for field in fields(AlignOptions)):
        np.testing.assert_equal(getattr(read, field), getattr(options, field))
        if field not in ("mode", "no_counterpart"):
            assert getattr(read, field) is not getattr(default, field)
    assert options_to_values(options_from_values({})) == options_to_values(default)
    gone = replace(options, landmarks=None, no_counterpart=True)
    assert options_from_values(json.loads(json.dumps(options_to_values(gone)))) == gone


def test_a_correction_has_the_identity_of_its_alignment(
    refs: tuple[SlideRef, SlideRef], tmp_path: Path
) -> None:
    parent = tmp_path / "parent"
    with refs[0].opened() as source, refs[1].opened() as target:
        pair = SlidePair(source.info, target.info)
    square = box(20, 20, 60, 60)
    fragment = Fragment("piece-1", square, square, Affine.identity(), 0.9)
    before = Alignment(pair, Outcome.PARTIAL, Piecewise((fragment,)), Risk(0.5))
    write_alignment(parent, before)
    options = correction_options(before, 1, None, device="cpu")
    request = pair_request(*refs, options, parent)
    assert request.id != pair_request(*refs, OPTIONS).id
    values = json.loads(json.dumps(dict(request.values))) | {"request_id": request.id}
    told = align_pair(values, tmp_path / "result", lambda stage, done: None)
    assert told["outcome"] == "failed"
    assert read_alignment(tmp_path / "result").provenance.parent == before.content_sha256
    with pytest.raises(OptionError, match="not the slide that the parent aligned"):
        pair_request(refs[1], refs[0], options, parent)


@pytest.mark.parametrize(
    "values",
    [
        {"colour": "red"},
        {"source_mpp": {"x": 1.0}},
        {"source_roi": [1, 2, 3, 4]},
        {"landmarks": [[[1, 2]]]},
    ],
)
def test_options_of_another_form_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(RecordError):
        options_from_values(values)


def test_impossible_options_are_refused() -> None:
    with pytest.raises(OptionError, match="seed is -1"):
        options_from_values({"seed": -1})


@pytest.mark.parametrize("values", [{}, {"source": {}, "target": {}, "options": {}}])
def test_requests_of_another_form_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        PairValues.from_values(values)


def test_slides_of_stores_are_opened_by_their_store(refs: tuple[SlideRef, SlideRef]) -> None:
    folder = refs[0].slide.rpartition("/")[0]
    with SlideRef("he.tif", f"folder:{folder}").opened() as slide:
        assert slide.info.uri == "he.tif"
    with pytest.raises(StoreError), SlideRef("none.tif", f"folder:{folder}").opened():
        pass


def test_passwords_do_not_enter_the_queue() -> None:
    with pytest.raises(OptionError, match="holds a password") as told:
        SlideRef("1", "omero://anna:hunter2@server/image/1")
    assert "hunter2" not in str(told.value)
