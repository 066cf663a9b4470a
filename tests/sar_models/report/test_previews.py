import cv2
import numpy as np
import pytest
import report_scenes
import shapely

from sar_models.report import SlideView, render_previews
from sar_models.report.palette import fragment_hex, rgb_of
from sar_models.report.paths import label_point
from sar_models.report.raster import mask_of

REGISTERED = {"overlay.jpg", "checkerboard.jpg", "grid.jpg", "confidence.jpg"}


def decoded(data: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image[..., ::-1]


@pytest.mark.parametrize(
    ("scene", "names"),
    [
        (report_scenes.scene, REGISTERED | {"anchors.jpg"}),
        (report_scenes.partial_scene, REGISTERED | {"anchors.jpg"}),
        (report_scenes.ambiguous_scene, {"anchors.jpg", "placement-1.jpg", "placement-2.jpg"}),
        (report_scenes.failed_scene, set()),
    ],
)
def test_each_outcome_has_its_pictures(scene: object, names: set[str]) -> None:
    built = scene(200)
    previews = render_previews(*built.parts)
    assert set(previews) == names | {"source.jpg", "target.jpg"}
    for data in previews.values():
        assert decoded(data).shape == built.target.image.shape
        assert len(data) < 500_000


def test_the_source_under_the_targets_stain_is_laid_on_the_target() -> None:
    scene = report_scenes.scene(200)
    grey = SlideView(np.full_like(scene.source.image, 90), scene.source.slide_from_view)
    picture = decoded(render_previews(*scene.parts, grey)["restained.jpg"])
    assert picture.shape == scene.target.image.shape
    piece = mask_of(scene.alignment.fragments[0].target, scene.target)
    assert np.abs(np.median(picture[piece], axis=0) - 90).max() < 4
    assert "restained.jpg" not in render_previews(*report_scenes.failed_scene(200).parts, grey)


def test_a_slide_on_itself_has_a_neutral_overlay_and_an_unchanged_checkerboard() -> None:
    scene = report_scenes.self_scene(200)
    previews = render_previews(*scene.parts)
    middle = slice(0, 110)  # above the scale bar
    assert np.ptp(decoded(previews["overlay.jpg"])[middle].astype(int), axis=-1).max() < 12
    difference = decoded(previews["checkerboard.jpg"])[middle].astype(int)
    difference -= scene.source.image[middle]
    assert np.abs(difference).mean() < 6


def test_inputs_are_not_painted_over() -> None:
    scene = report_scenes.partial_scene(160)
    before = scene.source.image.copy(), scene.target.image.copy()
    render_previews(*scene.parts)
    np.testing.assert_array_equal(scene.source.image, before[0])
    np.testing.assert_array_equal(scene.target.image, before[1])


def test_unpaired_tissue_is_hatched() -> None:
    scene = report_scenes.partial_scene(320)
    lost = scene.alignment.transform.unpaired_target[0].centroid
    x, y = scene.target.to_view(np.array(lost.coords))[0].astype(int)
    patch = (slice(y - 10, y + 10), slice(x - 10, x + 10))
    plain = decoded(render_previews(*report_scenes.failed_scene(320).parts)["target.jpg"])[patch]
    hatched = decoded(render_previews(*scene.parts)["target.jpg"])[patch]
    assert hatched.mean() > plain.mean() + 10  # paler between the lines
    assert np.abs(hatched.astype(int) - plain).mean() > 25


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (render_previews(*report_scenes.scene(120).parts) for _ in range(2))
    assert first == second


def test_pieces_carry_their_number_in_their_colour_on_both_slides() -> None:
    scene = report_scenes.torn_scene(320)
    previews = render_previews(*scene.parts)
    for index, fragment in enumerate(scene.alignment.fragments):
        for name, outline, view in (
            ("source.jpg", fragment.source, scene.source),
            ("target.jpg", fragment.target, scene.target),
        ):
            x, y = np.rint(label_point(outline, view)).astype(int)
            disc = decoded(previews[name])[y - 7 : y + 8, x - 7 : x + 8].reshape(-1, 3)
            far = np.abs(disc.astype(int) - rgb_of(fragment_hex(index))).max(axis=1)
            assert (far < 60).mean() > 0.35
            assert (disc.min(axis=1) > 180).any()


def test_grids_of_pieces_leave_the_glass_between_them_alone() -> None:
    scene = report_scenes.torn_scene(320)
    picture = decoded(render_previews(*scene.parts)["grid.jpg"]).astype(int)
    target = [fragment.target for fragment in scene.alignment.fragments]
    glass = ~mask_of(
        shapely.union_all(target).buffer(0.15 * scene.target.size.width * 32), scene.target
    )
    glass[-60:] = False  # the scale bar
    assert glass.sum() > 500
    assert picture[glass].min() > 200
