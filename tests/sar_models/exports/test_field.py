"""The dense field: read by NumPy and SciPy, never a value that belongs to no piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import export_scenes as scenes
import numpy as np
import pytest
import shapely
from scipy.interpolate import RegularGridInterpolator
from shapely.geometry import box

from sar_models.domain.transforms import Affine
from sar_models.exports import FORMATS, ExportOptions
from sar_models.exports.field import dense_field
from sar_models.exports.grid import Nodes
from sar_models.exports.job import make_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.exports import Exported
    from sar_models.exports.field import DenseField


def through_field(path: Path, points: Points) -> Points:
    """Map points as the documentation tells NumPy's users to."""
    with np.load(path) as field:
        axes = field["y_px"], field["x_px"]
        read = RegularGridInterpolator(axes, field["displacement_px"], bounds_error=False)
    return points + read(points[:, ::-1])


@pytest.mark.parametrize(
    ("alignment", "limit_px"), [(scenes.alignment(), 0.01), (scenes.bent_alignment(), 0.5)]
)
def test_points_move_as_the_alignment_moves_them(
    write: Callable[..., Exported], alignment: object, limit_px: float
) -> None:
    exported = write(alignment, "field.npz", "field")
    source = scenes.tissue_points(scenes.TISSUE)
    wanted = alignment.fragments[0].transform.map(source)
    assert scenes.worst(through_field(exported.path, source), wanted) < limit_px
    assert exported.accuracy.lost_share == 0


def test_every_piece_follows_its_own_map_or_nothing(write: Callable[..., Exported]) -> None:
    torn = scenes.torn_alignment()
    exported = write(torn, "field.npz", "field")
    for piece in torn.fragments:
        source = scenes.tissue_points(piece.source)
        found = through_field(exported.path, source)
        held = np.isfinite(found).all(axis=1)
        assert held.mean() > 0.9
        assert scenes.worst(found[held], piece.transform.map(source[held])) < 0.5
    assert exported.pieces == ("piece-1", "piece-2", "piece-3")
    assert 0 < exported.accuracy.lost_share < 0.03


def test_tissue_without_a_counterpart_is_nan(write: Callable[..., Exported]) -> None:
    alone = box(8000, 8000, 8300, 20_000)  # a sliver inside the tissue, thinner than a cell
    tissue = scenes.TISSUE - alone
    cut = scenes.alignment(scenes.fragment("whole", tissue, scenes.AFFINE))
    transform = cut.transform
    cut = scenes.alignment(transform=type(transform)(transform.fragments, (alone,), (), 1500, 1500))
    exported = write(cut, "field.npz", "field")
    found = through_field(exported.path, scenes.tissue_points(alone))
    assert np.isnan(found).any(axis=1).mean() > 0.98
    assert exported.accuracy.leaked_share < 0.02


def test_far_glass_is_nan_and_near_glass_follows(write: Callable[..., Exported]) -> None:
    exported = write(scenes.alignment(), "field.npz", "field")
    near, far = np.array([[15_000.0, 5000.0]]), np.array([[2000.0, 29_000.0]])
    assert scenes.worst(through_field(exported.path, near), scenes.AFFINE.map(near)) < 0.01
    assert np.isnan(through_field(exported.path, far)).all()


def test_one_piece_alone(write: Callable[..., Exported]) -> None:
    torn = scenes.torn_alignment()
    exported = write(torn, "field.npz", "field", fragment="piece-3")
    with np.load(exported.path) as field:
        assert field["fragment_ids"].tolist() == ["piece-3"]
        assert set(np.unique(field["fragment"])) == {-1, 0}
        assert np.isfinite(field["sigma_px"][field["fragment"] == 0]).all()
        assert np.isnan(field["displacement_px"][field["fragment"] < 0]).all()
    other = through_field(exported.path, scenes.tissue_points(torn.fragments[0].source))
    assert np.isnan(other).all()


def test_inverse_starts_on_the_target(write: Callable[..., Exported]) -> None:
    exported = write(scenes.bent_alignment(), "field.npz", "field", inverse=True)
    source = scenes.tissue_points(scenes.TISSUE)
    found = through_field(exported.path, scenes.bent().map(source))
    assert scenes.worst(found, source) < 0.5


def test_frames_move_both_ends(write: Callable[..., Exported]) -> None:
    bounded = scenes.alignment(pair=scenes.pair_with_bounds())
    exported = write(bounded, "field.npz", "field", frame="qupath")
    source = scenes.tissue_points(scenes.TISSUE, 50)
    found = through_field(exported.path, source - [1200, 700])
    assert scenes.worst(found, scenes.AFFINE.map(source) - [300, 2000]) < 0.01


def test_a_needle_between_nodes_is_not_carried_by_its_surroundings(
    write: Callable[..., Exported],
) -> None:
    """A piece thinner than the cells has no node of its own; its neighbour's map is not its map."""
    needle = box(9000, 5000, 9020, 19_000)
    around = shapely.difference(box(4000, 4000, 20_000, 20_000), needle)
    apart = Affine.translation((0.0, 9000.0)) @ scenes.AFFINE
    exported = write(
        scenes.alignment(
            scenes.fragment("around", around, scenes.AFFINE, 0.9),
            scenes.fragment("needle", needle, apart, 0.5),
        ),
        "field.npz",
        "field",
    )
    inside = scenes.tissue_points(needle, 200)
    found = through_field(exported.path, inside)
    assert not (np.hypot(*(found - scenes.AFFINE.map(inside)).T) < 100).any()


def coarse_field(alignment: Alignment, step: float) -> DenseField:
    """Return the field on one grid over the whole slide, however coarse."""
    job = make_job(alignment, FORMATS["field"], ExportOptions())
    size = scenes.SOURCE_SIZE
    shape = (int(size.height / step) + 1, int(size.width / step) + 1)
    return dense_field(job, Nodes(np.zeros(2), step, shape))


def test_a_value_is_never_a_mixture_of_two_pieces() -> None:
    """On glass between pieces as well, at nodes far apart."""
    left, right = box(8000, 8000, 14_000, 20_000), box(16_000, 8000, 22_000, 20_000)
    maps = (scenes.AFFINE, Affine.translation((0.0, 9000.0)) @ scenes.AFFINE)
    field = coarse_field(
        scenes.alignment(
            scenes.fragment("left", left, maps[0], 0.5), scenes.fragment("right", right, maps[1])
        ),
        900.0,
    )
    points = scenes.tissue_points(box(7000, 7000, 23_000, 21_000), 4000)
    found = field.map(points)
    held = np.isfinite(found).all(axis=1)
    assert held.mean() > 0.5
    off = [np.hypot(*(found[held] - one.map(points[held])).T) for one in maps]
    assert np.min(off, axis=0).max() < 0.01


def test_a_needle_without_a_node_maps_nothing_wrongly() -> None:
    needle = box(9010, 5000, 9030, 19_000)
    around = shapely.difference(box(4000, 4000, 20_000, 20_000), needle)
    apart = Affine.translation((0.0, 9000.0)) @ scenes.AFFINE
    field = coarse_field(
        scenes.alignment(
            scenes.fragment("around", around, scenes.AFFINE),
            scenes.fragment("needle", needle, apart),
        ),
        500.0,
    )
    assert not np.isfinite(field.map(scenes.tissue_points(needle, 300))).any()
    beside = scenes.tissue_points(box(12_000, 6000, 18_000, 18_000), 300)
    assert scenes.worst(field.map(beside), scenes.AFFINE.map(beside)) < 0.01
