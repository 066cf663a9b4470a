import base64
import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest
import report_scenes
import shapely
from report_pages import Page
from report_scenes import Scene

from sar_models.domain.alignment import Quality, Reason, Risk
from sar_models.domain.geometry import Mpp
from sar_models.domain.provenance import Provenance
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine
from sar_models.report import SlideView, render_previews, render_report

SCENES = {
    "aligned": report_scenes.scene,
    "partial": report_scenes.partial_scene,
    "ambiguous": report_scenes.ambiguous_scene,
    "failed": report_scenes.failed_scene,
}
TITLES = {
    "aligned": "2 pieces are placed.",
    "partial": "Part of the tissue is aligned",
    "ambiguous": "The source fits 2 places on the target equally well.",
    "failed": "No trustworthy alignment was found.",
}


def page_of(scene: Scene, **annotations: object) -> Page:
    return Page(render_report(*scene.parts, **annotations))


def renamed(scene: Scene, source: str, target: str) -> Scene:
    pair = scene.alignment.pair
    names = SlidePair(replace(pair.source, name=source), replace(pair.target, name=target))
    return scene.with_alignment(pair=names)


@pytest.fixture(params=SCENES)
def outcome(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_outcome_is_told_in_words(outcome: str) -> None:
    page = page_of(SCENES[outcome](160))
    assert TITLES[outcome] in page.text
    badges = [a for _, a in page.elements if a.get("class") == "badge"]
    assert len(badges) == 1
    assert f"outcome-{outcome}" in page.html


def test_the_source_under_the_targets_stain_is_shown_where_there_is_a_picture() -> None:
    scene = report_scenes.scene(160)
    without, shown = page_of(scene), page_of(scene, restained=scene.source)
    assert "Source under the target’s stain" in shown.text
    assert "target’s stain" not in without.text
    assert {"viewer-stain", "registered-restained"} <= set(shown.ids)
    assert "viewer-stain" not in without.ids
    # The picture and the target in the page, once each.
    assert len(shown.images) == len(without.images) + 1
    links = [use["href"] for use in shown.all("use")]
    assert all(link.removeprefix("#") in shown.ids for link in links)


def test_it_loads_nothing_from_anywhere(outcome: str) -> None:
    page = page_of(SCENES[outcome](160))
    assert page.addresses
    assert all(a.startswith(("#", "data:image/")) for a in page.addresses)
    assert not re.search(r"https?://|@import|//[a-z]", re.sub(r"base64,[^\"]+", "", page.html))
    assert not page.all("link")


def test_every_reference_has_its_one_target(outcome: str) -> None:
    page = page_of(SCENES[outcome](160))
    assert len(set(page.ids)) == len(page.ids)
    wanted = {address[1:] for address in page.addresses if address.startswith("#")}
    wanted |= {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a}
    assert wanted <= set(page.ids)


def test_pictures_decode_and_have_words(outcome: str) -> None:
    page = page_of(SCENES[outcome](160))
    assert all(image is not None for image in page.images)
    assert len(page.images) >= 2
    for attributes in page.all("svg"):
        assert attributes.get("aria-hidden") == "true" or attributes.get("aria-label")


def test_only_its_own_script_may_run() -> None:
    page = page_of(report_scenes.scene(120))
    policy = next(a["content"] for a in page.all("meta") if "http-equiv" in a)
    script = re.search(r"<script>(.*?)</script>", page.html, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not [name for _, a in page.elements for name in a if name.startswith("on")]


def test_names_are_escaped_wherever_they_stand() -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"
    scene = renamed(report_scenes.partial_scene(120), evil, evil[::-1])
    source, target = report_scenes.annotations(scene)
    source = tuple(replace(a, name=evil, classification=(evil,)) for a in source)
    scene = scene.with_alignment(
        risk=Risk(0.4, (Reason("x", evil, 1.0),)),
        provenance=Provenance(versions={evil: evil}, options={evil: evil}, created=evil),
    )
    page = page_of(scene, source_annotations=source, target_annotations=target)
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert evil in page.text


def test_a_failure_is_escaped_and_ends_as_a_sentence() -> None:
    page = page_of(report_scenes.failed_scene(120, "<b>no</b> tissue on '/srv/x/a.svs'"))
    assert "<b>no</b> tissue on 'a.svs'." in page.text
    assert "What to try next" in page.text
    assert "--landmarks" in page.text
    assert "--source-roi" in page.text


def test_no_folder_and_no_host_is_told() -> None:
    scene = report_scenes.scene(120)
    pair = scene.alignment.pair
    uris = SlidePair(
        replace(pair.source, uri="omero://host.example:4064/image/1", name="/data/jo smith/a.svs"),
        replace(pair.target, uri="folder:/data/jo smith/b.svs", name="b.svs"),
    )
    options = {"landmarks": "/home/jo/points.csv", "store": "omero://host.example/image/1"}
    scene = scene.with_alignment(pair=uris, provenance=Provenance(options=options))
    page = page_of(scene)
    assert not re.search(r"/data|/home|smith|host\.example", page.html)
    assert "a.svs" in page.text
    assert "points.csv" in page.text


def test_lengths_are_in_micrometres_where_known_and_say_so_where_not() -> None:
    known = page_of(report_scenes.scene(120))
    assert "Lengths in micrometres" in known.text
    assert 'class="bar-line"' in known.html
    unknown = page_of(report_scenes.scene(120, mpp=None))
    assert "Lengths in level-0 pixels" in unknown.text
    assert 'class="bar-line"' not in unknown.html
    assert not re.search(r"\d (µm|mm)", unknown.text)


def test_each_slide_has_the_scale_bar_of_its_own_mpp() -> None:
    scene = report_scenes.scene(120)
    pair = scene.alignment.pair
    pair = SlidePair(pair.source.with_mpp(None), pair.target.with_mpp(Mpp(1.0, 1.0)))
    html = render_report(*scene.with_alignment(pair=pair).parts)
    source = html.split("Source slide with the outlines", 1)[1].split("</svg>", 1)[0]
    target = html.split("Target slide with the outlines", 1)[1].split("</svg>", 1)[0]
    assert "bar-line" not in source
    assert "bar-line" in target


def test_paired_pieces_share_number_and_colour_and_lost_ones_are_hatched() -> None:
    whole = page_of(report_scenes.scene(120))
    assert whole.html.count('class="disc-text">2<') == 4
    assert "no counterpart on the other slide" not in whole.text
    partial = page_of(report_scenes.partial_scene(120))
    hatched = [a for a in partial.all("path") if a.get("class") == "unpaired"]
    assert len(hatched) == 2
    assert "no counterpart on the other slide" in partial.text


def test_lost_tissue_has_a_row_of_its_own_and_an_advice() -> None:
    page = page_of(report_scenes.partial_scene(120))
    assert re.search(r"mm² of the source \(\d+ % of its tissue\)", page.text)
    assert "Is a hatched piece on both slides after all?" in page.text
    whole = page_of(report_scenes.scene(120))
    assert "of its tissue" not in whole.text
    assert "hatched piece" not in whole.text


def test_options_in_advice_are_set_apart_and_read_as_sentences() -> None:
    page = page_of(report_scenes.failed_scene(120))
    assert "<code>--source-roi</code>" in page.html
    assert "align again with --landmarks points.csv." in page.text
    hint = page_of(report_scenes.partial_scene(120))
    assert "--fragment new (or the piece's number), and --landmarks with three points" in hint.text


def test_figures_of_the_engine_and_of_the_report_agree() -> None:
    told = Quality({"paired_source_share": 0.77, "paired_target_share": 0.91})
    page = page_of(report_scenes.partial_scene(120).with_alignment(quality=told))
    assert "23 % of the source tissue and 9 % of the target tissue" in page.text
    assert "(23 % of its tissue)" in page.text


def test_an_ambiguous_pair_shows_its_placements_and_how_to_choose() -> None:
    page = page_of(report_scenes.ambiguous_scene(200))
    regions = re.findall(r"--target-roi (\d+),(\d+),(\d+),(\d+)", page.text)
    assert len(regions) == 2
    size = report_scenes.ambiguous_scene(200).alignment.pair.target.size
    for x, y, width, height in (map(int, region) for region in regions):
        assert x + width <= size.width
        assert y + height <= size.height
    assert "Registered images" not in page.text
    assert "Source tissue paired" not in page.text


def test_a_failed_pair_shows_both_slides_and_maps_nothing() -> None:
    page = page_of(report_scenes.failed_scene(160))
    assert len(page.images) == 2
    assert page.html.count('class="outline"') == 2
    assert "Registered images" not in page.text
    assert "Deformation" not in page.text


def test_the_colour_of_a_class_is_kept() -> None:
    scene = report_scenes.scene(120)
    source, _ = report_scenes.annotations(scene)
    source = tuple(replace(a, class_color=(200, 1, 2)) for a in source)
    assert "#c80102" in render_report(*scene.parts, source_annotations=source)


def test_a_correction_names_its_parent_and_its_landmarks() -> None:
    provenance = Provenance(parent="p" * 64, landmarks="c" * 64, created="2026-02-03T04:05:06")
    page = page_of(report_scenes.scene(120).with_alignment(provenance=provenance))
    assert "p" * 64 in page.text
    assert "c" * 64 in page.text
    assert "2026-02-03 04:05" in page.text


def test_annotations_are_drawn_on_both_slides_with_their_classes() -> None:
    scene = report_scenes.scene(160)
    source, target = report_scenes.annotations(scene)
    page = page_of(scene, source_annotations=source, target_annotations=target[:1])
    assert "Tumor 1 on the source, 1 on the target" in " ".join(page.text.split())
    assert "Gland 1 on the source, 0 on the target" in " ".join(page.text.split())
    assert page.html.count('fill-opacity=".14"') == 3
    assert "Annotations" not in page_of(scene).text


def test_risk_comes_with_its_heaviest_reasons_first() -> None:
    reasons = tuple(Reason(str(n), f"reason number {n}", n / 10) for n in range(8))
    scene = report_scenes.scene(120).with_alignment(risk=Risk(0.66, reasons))
    page = page_of(scene)
    assert "66 %" in page.text
    assert "Risk: high" in page.text
    told = [int(n) for n in re.findall(r"reason number (\d)", page.text)]
    assert told == [7, 6, 5, 4, 3]


def test_the_same_input_gives_the_same_bytes(outcome: str) -> None:
    assert render_report(*SCENES[outcome](120).parts) == render_report(*SCENES[outcome](120).parts)


def test_large_noisy_views_stay_below_five_megabytes() -> None:
    scene = report_scenes.ambiguous_scene(160)
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    view = SlideView(noise, Affine.scaling(160 * 32 / 2000, 120 * 32 / 1500))
    aligned = report_scenes.scene(160).alignment
    for alignment in (aligned, scene.alignment):
        assert len(render_report(alignment, view, view).encode()) < 5_000_000


@pytest.mark.parametrize("side", [1, 2, 7])
def test_a_view_of_a_few_pixels_is_reported(side: int) -> None:
    scene = report_scenes.scene(120)
    extent = scene.alignment.pair.source.size.as_array()
    dot = SlideView(np.full((side, side, 3), 200, np.uint8), Affine.scaling(*(extent / side)))
    page = Page(render_report(scene.alignment, dot, dot))
    assert TITLES["aligned"] in page.text


def test_views_of_other_shape_and_scale_than_each_other_are_reported() -> None:
    scene = report_scenes.scene(160)
    view = scene.target
    half = SlideView(view.image[::2, ::3].copy(), view.slide_from_view @ Affine.scaling(3.0, 2.0))
    page = Page(render_report(scene.alignment, scene.source, half))
    assert "Registered images" in page.text


@pytest.mark.parametrize(
    "outline",
    [
        shapely.Polygon([(0, 0), (900, 900), (900, 0), (0, 900)]),
        shapely.Polygon([(0, 0), (1e-6, 0), (0, 1e-6)]),
        shapely.Polygon([(5, 5), (5, 5), (5, 5)]),
        shapely.Polygon([(-1e7, -1e7), (1e7, -1e7), (1e7, 1e7), (-1e7, 1e7)]),
        shapely.MultiPolygon(),
    ],
    ids=["crossed", "tiny", "point", "huge", "empty"],
)
def test_odd_outlines_are_reported(outline: shapely.Geometry) -> None:
    scene = report_scenes.partial_scene(100)
    transform = scene.alignment.transform
    odd = replace(transform.fragments[0], id="odd", source=outline, target=outline)
    pieces = replace(
        transform,
        fragments=(*transform.fragments, odd),
        unpaired_source=(outline,),
        unpaired_target=(outline,),
    )
    odd_scene = scene.with_alignment(transform=pieces, tissue_source=outline, tissue_target=outline)
    page = page_of(odd_scene)
    assert TITLES["partial"] in page.text
    assert not re.search(r"\bnan\b", re.sub(r"base64,[^\"]+", "", page.markup))
    render_previews(*odd_scene.parts)
