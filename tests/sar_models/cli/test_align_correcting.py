"""``align --parent --fragment``: one fragment corrected from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from wrong_parents import torn_pair, wrong_parent

from sar_models.stores import open_slide
from sar_models.stores.alignment_folder import read_alignment, write_alignment

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run
    from wrong_parents import WrongParent


class Place:
    """A folder with two slides, an alignment that is wrong, and landmarks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.slides = folder / "he.tif", folder / "ihc.tif"
        pair = torn_pair()
        for path, slide in zip(self.slides, (pair.source, pair.target), strict=True):
            per_cm = 1e4 / slide.mpp.mean
            tifffile.imwrite(
                path, slide.image, photometric="rgb", resolution=(per_cm, per_cm), resolutionunit=3
            )
        with open_slide(self.slides[0]) as source, open_slide(self.slides[1]) as target:
            self.made: WrongParent = wrong_parent(source, target)
        self.parent = folder / "first"
        write_alignment(self.parent, self.made.astray())
        self.landmarks = folder / "points.csv"
        rows = [",".join(map(str, (*s, *t))) for s, t in zip(*self.made.landmarks, strict=True)]
        self.landmarks.write_text("\n".join(["source_x,source_y,target_x,target_y", *rows]))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("correcting"))


def test_a_fragment_is_corrected_and_the_list_tells_of_what(run: Run, place: Place) -> None:
    out = place.folder / "second"
    ended = run(
        *("align", "--parent", place.parent, "--fragment", 2, "--landmarks", place.landmarks),
        *("--out", out, "--device", "cpu", "--json"),
    )
    assert ended.code == 0, ended.err
    parent, corrected = read_alignment(place.parent), read_alignment(out)
    assert corrected.provenance.parent == parent.content_sha256
    source, target = place.made.landmarks
    error = np.linalg.norm(corrected.map(source).points - target, axis=1)
    assert error.max() < 1.0
    assert ended.json["request_id"] == corrected.request_id != parent.request_id
    assert "Corrects" in (out / "report.html").read_text()
    listed = run("review", "list", place.folder)
    assert "corrects first" in listed.out
    told = run("review", "list", place.folder, "--json").json["alignments"]
    assert {a["name"]: a["parent"] for a in told} == {
        "first": None,
        "second": parent.content_sha256,
    }


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--fragment", "7", "--landmarks", "{landmarks}"), "1: piece-1, 2: piece-2"),
        (("--fragment", "1", "--landmarks", "{landmarks}"), "lies on 'piece-2'"),
        (("--fragment", "2"), "either --landmarks or --no-counterpart"),
        (("--fragment", "2", "--no-counterpart", "--landmarks", "{landmarks}"), "either"),
        (("--no-counterpart",), "Add --fragment"),
        (("--fragment", "new", "--no-counterpart"), "said to have none"),
        (("--fragment", "2", "--no-counterpart", "--mode", "intact"), "--mode cannot change"),
        (("{he}", "{he}", "--fragment", "2", "--no-counterpart"), "not the slide that the parent"),
        (("{he}", "--fragment", "2", "--no-counterpart"), "Two slides are needed"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    run: Run, place: Place, options: tuple[str, ...], told: str
) -> None:
    given = [o.format(landmarks=place.landmarks, he=place.slides[0]) for o in options]
    ended = run("align", *given, "--parent", place.parent, "--out", place.folder / "refused")
    assert ended.code == 2, ended.err
    assert told in " ".join(ended.err.split())
    assert not (place.folder / "refused").exists()


def test_a_fragment_needs_a_parent_and_slides_have_to_be_somewhere(run: Run, place: Place) -> None:
    out = ("--out", place.folder / "refused")
    alone = run("align", *place.slides, "--fragment", 1, "--no-counterpart", *out)
    assert (alone.code, "Add --parent" in alone.err) == (2, True)
    none = run("align", *out)
    assert (none.code, "Two slides are needed" in none.err) == (2, True)
    moved = place.slides[1].rename(place.folder / "elsewhere.tif")
    try:
        ended = run("align", "--parent", place.parent, "--fragment", 2, "--no-counterpart", *out)
    finally:
        moved.rename(place.slides[1])
    assert ended.code == 2
    assert "is not where the record says" in " ".join(ended.err.split())
