import numpy as np
import report_scenes
import shapely

from sar_models.report.raster import mask_of
from sar_models.report.registered import register
from sar_models.report.resample import pixel_centres


def test_every_drawn_pixel_lies_where_the_alignment_says() -> None:
    scene = report_scenes.scene(240)
    registered = register(*scene.parts)
    rows, columns = np.nonzero(registered.drawn)
    chosen = np.random.default_rng(0).choice(len(rows), 400, replace=False)
    at_view = pixel_centres(scene.target.size)[rows[chosen], columns[chosen]]
    truth = scene.alignment.map(scene.target.slide_from_view.map(at_view), "inverse")
    found = registered.at_source[rows[chosen], columns[chosen]]
    known = truth.has_counterpart
    assert known.mean() > 0.95
    error = np.linalg.norm(found[known] - truth.points[known], axis=1)
    assert np.median(error) < 0.02 * report_scenes.DOWNSAMPLE
    assert error.max() < 0.5 * report_scenes.DOWNSAMPLE


def test_all_paired_tissue_is_drawn_and_no_unpaired() -> None:
    scene = report_scenes.partial_scene(240)
    drawn = register(*scene.parts).drawn
    transform = scene.alignment.transform
    assert drawn[mask_of(transform.fragments[0].target, scene.target)].mean() > 0.99
    assert not drawn[mask_of(transform.unpaired_target[0], scene.target)].any()


def test_a_failed_and_an_ambiguous_alignment_draw_nothing() -> None:
    for scene in (report_scenes.failed_scene(120), report_scenes.ambiguous_scene(120)):
        assert not register(*scene.parts).drawn.any()


def test_a_slide_on_itself_is_itself() -> None:
    scene = report_scenes.self_scene(200)
    registered = register(*scene.parts)
    assert registered.drawn.all()
    np.testing.assert_array_equal(registered.pull(scene.source), scene.source.image)


def test_where_nothing_is_drawn_the_picture_is_white() -> None:
    scene = report_scenes.partial_scene(160)
    registered = register(*scene.parts)
    assert (registered.pull(scene.source)[~registered.drawn] == 255).all()


def test_a_piece_draws_itself_and_neither_its_neighbours_nor_lost_tissue() -> None:
    scene = report_scenes.torn_scene(240)
    registered = register(*scene.parts)
    transform = scene.alignment.transform
    for index, fragment in enumerate(transform.fragments):
        own = registered.fragment == index
        assert own[mask_of(fragment.target, scene.target)].mean() > 0.99
        reach = fragment.source.buffer(4 * report_scenes.DOWNSAMPLE)
        assert shapely.contains_xy(reach, *registered.at_source[own].T).all()
    lost = transform.unpaired_source[0].buffer(-4 * report_scenes.DOWNSAMPLE)
    assert lost.area > 0
    assert not shapely.contains_xy(lost, *registered.at_source[registered.drawn].T).any()


def test_glass_is_drawn_around_tissue_in_one_piece_only() -> None:
    whole, torn = report_scenes.partial_scene(160), report_scenes.torn_scene(160)
    for scene, around in ((whole, True), (torn, False)):
        drawn = register(*scene.parts).drawn
        tissue = shapely.union_all([f.target for f in scene.alignment.fragments])
        glass = ~mask_of(tissue.buffer(5 * report_scenes.DOWNSAMPLE), scene.target)
        assert drawn[glass].any() == around
