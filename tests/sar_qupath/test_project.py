"""Projects as real QuPath wrote them, and every way in which an image can come about."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import pytest
import qupath_projects

from sar_models.domain.errors import RecordError, SlideError
from sar_models.domain.geometry import Mpp, Size
from sar_qupath.project import locate, read_project
from sar_qupath.project.builders import parse_builder
from sar_qupath.project.uris import OmeroImage, omero_image, path_of

FIXTURES = Path(__file__).parents[1] / "fixtures" / "qupath"
HANDWRITTEN = FIXTURES / "handwritten_all_builders.qpproj"


@pytest.mark.parametrize("version", ["0.5.1", "0.6.0", "0.7.0"])
def test_projects_of_every_version_are_read(version: str) -> None:
    document = read_project(FIXTURES / f"project-{version}")
    assert document.version == version
    assert document.uri == "file:/data/slides/proj/project.qpproj"
    assert [(e.id, e.name, e.slide, e.refusal) for e in document.entries] == [
        (1, "he.tif", "he.tif", ""),
        (2, "ihc.tif", "ihc.tif", ""),
    ]
    for entry in document.entries:
        assert entry.chain is not None
        assert entry.chain.known_size == Size(2048, 1536)
        assert entry.chain.mpp is entry.chain.leaf_mpp is None  # 1 px: QuPath's word for unknown
        assert entry.chain.leaf.uri == f"file:///data/slides/{entry.name}"
        assert entry.chain.leaf.provider.endswith("OpenslideServerBuilder")
    assert document.entries[0].metadata == {"wsi_align.role": "HE"}


def test_every_builder_is_read_or_refused_with_its_reason() -> None:
    entries = read_project(HANDWRITTEN).entries
    told = {
        (e.id, e.slide): (e.chain and e.chain.kind, e.chain and e.chain.known_size) for e in entries
    }
    whole, box = Size(2048, 1536), Size(2084, 1649)
    assert told == {
        (1, "HE minimal + provider"): ("file", whole),
        (2, "HE no provider"): ("file", whole),
        (3, "IHC calibrated"): ("file", whole),
        (4, "IHC aligned (affine server)"): ("derived", box),
        (5, "IHC aligned, cropped to HE"): ("derived", whole),
        (6, "relative uri"): ("file", None),
        (7, "cropped + calibrated"): ("derived", whole),
        (9, "OMERO img#9"): (None, None),
        (10, "ihc.tif#10"): ("file", None),
        (11, "ihc.tif#11"): ("file", None),
    }
    chains = {e.id: e.chain for e in entries if e.chain is not None}
    half = Mpp(0.5, 0.5)
    assert chains[3].mpp == chains[3].leaf_mpp == half
    # The affine's own statement is "unknown"; its file says it, and so does entry 7 as a whole.
    assert (chains[4].mpp, chains[4].leaf_mpp) == (None, half)
    assert (chains[7].mpp, chains[7].leaf_mpp) == (half, half)
    assert [e.refusal.partition(":")[0] for e in entries if e.chain is None] == [
        "2 entries share the ID 9"
    ] * 2
    with pytest.raises(SlideError, match="relative"):
        locate(chains[6].leaf.uri, HANDWRITTEN, "file:/data/slides/proj/project.qpproj")


@pytest.mark.parametrize("number", [4, 5, 7])
def test_an_affine_entry_shows_a_mark_where_real_qupath_showed_it(number: int) -> None:
    (chain,) = (e.chain for e in read_project(HANDWRITTEN).entries if e.id == number)
    assert chain is not None
    affine, size = chain.entry_from_leaf(Size(2048, 1536))
    # Read from the pixels that QuPath 0.5.1, 0.6.0 and 0.7.0 gave for this entry.
    np.testing.assert_allclose(
        affine.map(np.array([[699.5, 499.5]])), [[747.51, 469.01]], atol=0.05
    )
    assert size == chain.known_size


def test_the_size_of_an_affine_entry_is_that_of_its_bounding_box() -> None:
    (chain,) = (e.chain for e in read_project(HANDWRITTEN).entries if e.id == 4)
    assert chain is not None
    assert chain.steps[0].outer_from_inner(Size(2048, 1536))[1] == Size(2084, 1649)


def builder(kind: str, **more: Any) -> dict[str, Any]:
    leaf = qupath_projects.uri_builder("file:/a.tif", qupath_projects.metadata(300, 200, 0.5))
    return {"builderType": kind, "builder": leaf, **more}


@pytest.mark.parametrize(
    ("rotation", "size", "point"),
    [
        # A point near the top left corner of the file, seen in an image turned clockwise.
        ("ROTATE_NONE", Size(300, 200), (10, 20)),
        ("ROTATE_90", Size(200, 300), (180, 10)),
        ("ROTATE_180", Size(300, 200), (290, 180)),
        ("ROTATE_270", Size(200, 300), (20, 290)),
    ],
)
def test_turned_images(rotation: str, size: Size, point: tuple[float, float]) -> None:
    chain = parse_builder(builder("rotated", rotation=rotation))
    affine, shown = chain.entry_from_leaf(Size(300, 200))
    assert shown == chain.known_size == size
    np.testing.assert_array_equal(affine.map(np.array([[10.0, 20.0]])), [point])


def test_steps_follow_each_other_from_the_file_outwards() -> None:
    cropped = builder("cropped", region={"x": 100, "y": 50, "width": 80, "height": 60})
    turned = {"builderType": "rotated", "rotation": "ROTATE_90", "builder": cropped}
    chain = parse_builder(turned | {"metadata": qupath_projects.metadata(60, 80, None)})
    affine, size = chain.entry_from_leaf(Size(300, 200))
    assert size == Size(60, 80)
    np.testing.assert_array_equal(affine.map(np.array([[110.0, 70.0]])), [[40, 10]])


def test_a_turned_entrys_pixel_size_is_turned_back_for_its_file() -> None:
    stated = qupath_projects.metadata(200, 300)
    stated["pixelCalibration"] = {
        "pixelWidth": {"value": 0.5, "unit": "µm"},
        "pixelHeight": {"value": 0.25, "unit": "\N{GREEK SMALL LETTER MU}m"},
    }
    chain = parse_builder(builder("rotated", rotation="ROTATE_90", metadata=stated))
    assert (chain.mpp, chain.leaf_mpp) == (Mpp(0.5, 0.25), Mpp(0.25, 0.5))


@pytest.mark.parametrize("kind", ["color_deconvolved", "swapRedBlue", "pyramidize", "channels"])
def test_other_colours_leave_everything_in_its_place(kind: str) -> None:
    chain = parse_builder(builder(kind, channels=[]))
    assert chain.kind == "file"
    assert chain.known_size == Size(300, 200)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (builder("sparse"), "put together from several images"),
        (builder("z_concatenated"), "stack of several images"),
        (builder("hologram"), "'hologram', which is not known"),
        (builder("rotated", rotation="ROTATE_45"), "is rotated, but how cannot be read"),
        (builder("affine", transform={"m00": 1}), "is affine, but how cannot be read"),
        (builder("affine", transform=dict.fromkeys(("m00", "m01", "m02", "m10", "m11", "m12"), 0)),
         "cannot be inverted"),
        (builder("cropped", region={"x": 0, "y": 0, "width": 1, "height": 1, "z": 3}), "one plane"),
        ({"builderType": "uri", "uri": None}, "has the address None"),
        (None, "does not say where the image comes from"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused(made: Any, reason: str) -> None:
    with pytest.raises(SlideError, match=reason):
        parse_builder(made)


def test_endless_chains_are_refused() -> None:
    endless: dict[str, Any] = {"builderType": "rotated", "rotation": "ROTATE_90"}
    endless["builder"] = endless
    with pytest.raises(SlideError, match="more than 32 steps"):
        parse_builder(endless)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:/slides/a%20b.svs", PurePosixPath("/slides/a b.svs")),
        ("file:///slides/%C3%A4.svs", PurePosixPath("/slides/ä.svs")),
        ("file://localhost/slides/a.svs", PurePosixPath("/slides/a.svs")),
        ("file:/C:/slides/a.svs", PureWindowsPath("C:/slides/a.svs")),
        ("file:///D:/a%23b.svs", PureWindowsPath("D:/a#b.svs")),
        ("file:////SERVER/share/a.svs", PureWindowsPath("//SERVER/share/a.svs")),
        ("file://SERVER/share/a%20b.svs", PureWindowsPath("//SERVER/share/a b.svs")),
    ],
)
def test_uris_of_all_systems(uri: str, path: PurePosixPath) -> None:
    assert path_of(uri) == path
    assert type(path_of(uri)) is type(path)


@pytest.mark.parametrize("uri", ["he.tif", "../he.tif", "C:/he.tif", "", "https://x/he.tif"])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(SlideError, match=r"relative|addresses cannot be read"):
        path_of(uri)


@pytest.mark.parametrize(
    ("uri", "image"),
    [
        ("https://omero.example.org/webclient/?show=image-12", 12),
        ("https://omero.example.org/webclient/img_detail/7/", 7),
        ("https://omero.example.org/webgateway/img_detail/8", 8),
        ("https://omero.example.org/iviewer/?images=9", 9),
        ("https://omero.example.org/webclient/?show=dataset-3", None),
        ("file:/show=image-12", None),
    ],
)
def test_omero_addresses(uri: str, image: int | None) -> None:
    found = OmeroImage("omero.example.org", image) if image is not None else None
    assert omero_image(uri) == found


def test_images_are_found_when_the_project_moved_with_them(tmp_path: Path) -> None:
    slide = tmp_path / "new" / "slides" / "he.tif"
    project = tmp_path / "new" / "project" / "project.qpproj"
    slide.parent.mkdir(parents=True)
    slide.touch()
    old = "file:/old/place/project/project.qpproj"
    assert locate("file:/old/place/slides/he.tif", project, old) == slide
    windows = "file:/C:/old/project/project.qpproj"
    assert locate("file:/C:/old/slides/he.tif", project, windows) == slide
    with pytest.raises(SlideError, match="if it moved along"):
        locate("file:/old/place/slides/gone.tif", project, old)
    with pytest.raises(SlideError, match="There is no file"):
        locate("file:/D:/old/slides/he.tif", project, windows)


@pytest.mark.parametrize(
    ("text", "match"),
    [("{", "damaged"), ("[]", "lists no images"), ('{"images": 3}', "lists no images"),
     ("[" * 100_000, "damaged")],
)  # fmt: skip
def test_damaged_projects_are_told(text: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "project.qpproj").write_text(text)
    with pytest.raises(RecordError, match=match):
        read_project(tmp_path)


def test_what_is_no_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="has no project files"):
        read_project(tmp_path)
    with pytest.raises(RecordError, match="There is no QuPath project"):
        read_project(tmp_path / "gone.qpproj")


@pytest.mark.parametrize("number", ["../../etc", -1, 1.5, None, True])
def test_an_id_that_names_no_folder_refuses_its_entry(number: Any, tmp_path: Path) -> None:
    image = qupath_projects.entry(1, "x", qupath_projects.uri_builder("file:/x.tif"))
    record = {"images": [image | {"entryID": number}]}
    (tmp_path / "project.qpproj").write_text(json.dumps(record))
    (entry,) = read_project(tmp_path).entries
    assert entry.chain is None
    assert "expected a number" in entry.refusal
