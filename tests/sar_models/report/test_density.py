import numpy as np
import pytest
import report_scenes

from sar_models.report.density import false_colour, tissue_density
from sar_models.report.material import prepare
from sar_models.report.raster import mask_of

EVERYWHERE = np.ones((1, 1), dtype=np.bool_)


def dense(value: float) -> np.ndarray:
    return np.full((1, 1), value, np.float32)


def test_equal_densities_are_neutral() -> None:
    for value in np.linspace(0, 1, 11):
        red, green, blue = false_colour(dense(value), dense(value), EVERYWHERE)[0, 0]
        assert red == green == blue


def test_each_slide_alone_has_its_colour() -> None:
    assert false_colour(dense(1), dense(0), EVERYWHERE)[0, 0].tolist() == [255, 128, 0]
    assert false_colour(dense(0), dense(1), EVERYWHERE)[0, 0].tolist() == [0, 128, 255]


def test_the_source_is_not_shown_where_it_has_no_counterpart() -> None:
    pixel = false_colour(dense(1), dense(0), ~EVERYWHERE)[0, 0]
    assert pixel.tolist() == [255, 255, 255]


def test_the_overlay_of_a_perfect_alignment_is_neutral() -> None:
    overlay = prepare(*report_scenes.self_scene().parts).overlay.astype(int)
    assert np.ptp(overlay, axis=-1).max() <= 1
    assert overlay.min() < 60


def test_the_overlay_of_another_stain_is_much_less_coloured_than_a_shifted_one() -> None:
    material = prepare(*report_scenes.scene().parts)
    tissue = material.paired_mask
    aligned = np.ptp(material.overlay.astype(int), axis=-1)[tissue].mean()
    shifted = false_colour(
        np.roll(material.source_density, 25, axis=1), material.target_density, tissue | True
    )
    assert aligned < 0.4 * np.ptp(shifted.astype(int), axis=-1)[tissue].mean()


@pytest.mark.parametrize("background", [245, 10])
def test_tissue_is_denser_than_glass_on_bright_and_dark_background(background: int) -> None:
    image = np.full((40, 40, 3), background, np.uint8)
    tissue = np.zeros((40, 40), np.bool_)
    tissue[10:30, 10:30] = True
    image[tissue] = 128
    density = tissue_density(image, tissue)
    assert density[tissue].min() > 0.4
    assert density[~tissue].max() < 0.01


@pytest.mark.parametrize("all_tissue", [True, False])
def test_a_blank_slide_has_finite_density(all_tissue: bool) -> None:
    density = tissue_density(np.full((5, 5, 3), 240, np.uint8), np.full((5, 5), all_tissue))
    assert np.isfinite(density).all()


def test_masks_of_outlines_keep_holes() -> None:
    scene = report_scenes.scene(160)
    whole = scene.alignment.fragments[0].source
    ring = whole - whole.centroid.buffer(300)
    mask, full = mask_of(ring, scene.source), mask_of(whole, scene.source)
    x, y = scene.source.to_view(np.array(whole.centroid.coords))[0].astype(int)
    assert full[y, x]
    assert not mask[y, x]
    assert 0 < full.sum() - mask.sum() < full.sum()
