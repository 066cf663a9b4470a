import cv2
import numpy as np
import pytest
import report_scenes

from sar_models.report import render_previews

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
