"""ITK transforms, read and applied by SimpleITK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import export_scenes as scenes
import numpy as np
import pytest
import SimpleITK as sitk

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.geometry import Mpp, Points
    from sar_models.exports import Exported


def to_mm(points: Points, mpp: Mpp) -> Points:
    """Return corner-origin level-0 pixels where ITK has them: 0 is the first pixel's centre."""
    return (points - 0.5) * [mpp.x, mpp.y] / 1000


def to_px(coordinates: Points, mpp: Mpp) -> Points:
    return np.asarray(coordinates) * 1000 / [mpp.x, mpp.y] + 0.5


def through_itk(exported: Exported, points: Points) -> Points:
    transform = sitk.ReadTransform(str(exported.path))
    return np.array([transform.TransformPoint(point) for point in points.tolist()])


@pytest.mark.parametrize("suffix", [".h5", ".tfm"])
@pytest.mark.parametrize(
    ("alignment", "limit_px"), [(scenes.alignment(), 0.01), (scenes.bent_alignment(), 0.5)]
)
def test_simpleitk_maps_fixed_points_to_moving_ones(
    write: Callable[..., Exported], suffix: str, alignment: object, limit_px: float
) -> None:
    exported = write(alignment, f"warp{suffix}", "itk")
    source = scenes.tissue_points(scenes.TISSUE)
    target = alignment.fragments[0].transform.map(source)
    found = through_itk(exported, to_mm(target, scenes.TARGET_MPP))
    error = scenes.worst(to_px(found, scenes.SOURCE_MPP), source)
    assert error < limit_px
    assert error <= exported.accuracy.max_px + 0.5 * limit_px
    assert exported.about["direction"] == "source_from_target"


def test_inverse_exchanges_fixed_and_moving(write: Callable[..., Exported]) -> None:
    exported = write(scenes.bent_alignment(), "warp.h5", "itk", inverse=True)
    source = scenes.tissue_points(scenes.TISSUE)
    found = through_itk(exported, to_mm(source, scenes.SOURCE_MPP))
    wanted = scenes.bent().map(source)
    assert scenes.worst(to_px(found, scenes.TARGET_MPP), wanted) < 0.5
    assert exported.about["direction"] == "target_from_source"


@pytest.mark.parametrize(("units", "per_um"), [("um", 1.0), ("mm", 1e-3)])
def test_units_are_the_ones_asked_for(
    write: Callable[..., Exported], units: str, per_um: float
) -> None:
    exported = write(scenes.alignment(), "warp.tfm", "itk", units=units)
    first_centre = np.array([[0.5, 0.5]])
    (found,) = through_itk(exported, np.zeros((1, 2)))
    (wanted,) = (scenes.AFFINE.inverse().map(first_centre) - 0.5) * [0.25, 0.3] * per_um
    assert found == pytest.approx(wanted, rel=1e-9)
    assert exported.about["from"]["units"] == units


def test_pixels_need_no_pixel_size(write: Callable[..., Exported]) -> None:
    unknown = scenes.alignment(pair=scenes.pair(mpp=None))
    exported = write(unknown, "warp.tfm", "itk", units="px")
    source = scenes.tissue_points(scenes.TISSUE, 20)
    found = through_itk(exported, scenes.AFFINE.map(source) - 0.5)
    assert scenes.worst(found + 0.5, source) < 0.01
    assert exported.accuracy.max_um is None


def test_beyond_the_field_the_affine_goes_on(write: Callable[..., Exported]) -> None:
    exported = write(scenes.bent_alignment(), "warp.h5", "itk")
    far = np.array([[200_000.0, 150_000.0]])
    found = to_px(through_itk(exported, to_mm(far, scenes.TARGET_MPP)), scenes.SOURCE_MPP)
    assert scenes.worst(found, scenes.AFFINE.inverse().map(far)) < 1000


def test_resampling_puts_a_mark_where_the_alignment_puts_it(
    write: Callable[..., Exported],
) -> None:
    """The whole way of a user: small images of both slides, resampled by SimpleITK."""
    exported = write(scenes.alignment(), "warp.tfm", "itk")
    down = 100.0
    mark_px = np.array([[20_050.0, 12_050.0]])  # the centre of pixel (200, 120) at 1:100
    moving = np.zeros((300, 400), dtype=np.float32)
    moving[120, 200] = 1000.0
    images = []
    for pixels, mpp in ((moving, scenes.SOURCE_MPP), (np.zeros((360, 440)), scenes.TARGET_MPP)):
        image = sitk.GetImageFromArray(pixels)
        image.SetSpacing([down * mpp.x / 1000, down * mpp.y / 1000])
        image.SetOrigin([(down - 1) / 2 * mpp.x / 1000, (down - 1) / 2 * mpp.y / 1000])
        images.append(image)
    transform = sitk.ReadTransform(str(exported.path))
    warped = sitk.GetArrayFromImage(sitk.Resample(images[0], images[1], transform))
    weight = warped / warped.sum()
    rows, columns = np.indices(warped.shape)
    centre = np.array([[(weight * columns).sum(), (weight * rows).sum()]])
    # Bilinear footprints are symmetric: their centre of mass is the mark, to a tenth of a pixel.
    assert scenes.worst((centre + 0.5) * down, scenes.AFFINE.map(mark_px)) < 0.1 * down
