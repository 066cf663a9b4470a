"""What a piece is, where its map is held, and where it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import export_scenes as scenes
import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, box

from sar_models.domain.errors import ExportError
from sar_models.domain.transforms import Displacement, Fragment
from sar_models.exports import FORMATS, ExportOptions
from sar_models.exports.grid import Nodes, finer_and_finer, mapped_nodes
from sar_models.exports.job import make_job
from sar_models.exports.seams import beside_strangers, between_pieces, border_points
from sar_models.exports.spline import control_points
from sar_models.exports.tissue import lattice, samples

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.exports.smooth import SmoothMap


def smooth_map(alignment: Alignment) -> SmoothMap:
    """Return the map of the first piece in pixels, source to target."""
    return make_job(alignment, FORMATS["warpy"], ExportOptions()).maps[0]


def test_a_region_is_what_either_slide_shows() -> None:
    wider = scenes.AFFINE.map(np.array([[5000.0, 5000], [35_000, 5000], [35_000, 27_000]]))
    piece = Fragment("p", scenes.TISSUE, shapely.Polygon(wider), scenes.AFFINE, 0.9)
    region = smooth_map(scenes.alignment(piece)).region
    assert scenes.TISSUE.difference(region).area < 1.0
    assert region.covers(shapely.Point(34_500, 6000))
    assert not scenes.TISSUE.covers(shapely.Point(34_500, 6000))


def test_a_region_stays_where_the_map_is_known() -> None:
    """The target's outline reaches beyond the field: its way back is unknown."""
    field = Displacement(np.zeros(2), np.full(2, 4000.0), np.zeros((9, 10, 2)))
    piece = Fragment("p", scenes.TISSUE, box(-50_000, 0, 30_000, 30_000), field, 0.9)
    assert smooth_map(scenes.alignment(piece)).region.equals(scenes.TISSUE)


def test_a_transform_that_covers_no_tissue_is_refused() -> None:
    field = Displacement(np.full(2, 1e6), np.ones(2), np.zeros((5, 5, 2)))
    piece = Fragment("p", scenes.TISSUE, scenes.TISSUE, field, 0.9)
    with pytest.raises(ExportError, match="'p' covers nothing"):
        _ = smooth_map(scenes.alignment(piece)).tissue


def test_nodes_beyond_the_domain_go_on_as_the_nearest_inside() -> None:
    bend = np.zeros((9, 10, 2))
    bend[..., 0] = 40.0
    field = Displacement(np.array([4000.0, 4000.0]), np.full(2, 3500.0), bend)
    piece = Fragment("p", scenes.TISSUE, scenes.TISSUE, field, 0.9)
    nodes = Nodes(np.zeros(2), 1000.0, (40, 50))
    mapped = mapped_nodes(smooth_map(scenes.alignment(piece)), nodes)
    assert np.isfinite(mapped).all()
    moved = mapped.reshape(-1, 2) - nodes.points
    assert moved == pytest.approx(np.tile([40.0, 0.0], (len(moved), 1)), abs=1e-6)


def test_grids_cover_the_tissue_and_its_surroundings_and_grow_finer() -> None:
    grids = list(finer_and_finer(scenes.TISSUE, 500.0))
    around = np.array(scenes.TISSUE.buffer(500.0).bounds)
    for nodes in grids:
        assert (nodes.points.min(axis=0) <= around[:2] + 1e-6).all()
        assert (nodes.points.max(axis=0) >= around[2:] - 1e-6).all()
    steps = [nodes.step for nodes in grids]
    assert steps == pytest.approx([steps[0] / 2**n for n in range(len(steps))])
    assert max(max(nodes.shape) for nodes in grids) == 2049


def test_points_lie_evenly_in_the_tissue() -> None:
    two = MultiPolygon([box(0, 0, 1000, 100), box(5000, 0, 6000, 100)])
    points = lattice(two, 500)
    assert len(points) == pytest.approx(500, rel=0.1)
    assert shapely.contains_xy(two, *points.T).all()
    assert len(samples(two, 500)) == len(points) + len(shapely.get_coordinates(two))


def test_a_thread_of_tissue_gets_few_points() -> None:
    thread = box(1000, 1000, 30_000, 1000.001)
    piece = scenes.fragment("thread", thread, scenes.AFFINE)
    points, accuracy = control_points(smooth_map(scenes.alignment(piece)), 0.1)
    assert len(points.start) < 100
    assert accuracy.max_px < 0.01


def test_points_on_one_line_hold_no_spline() -> None:
    """The map is known on a thread alone: there is no second direction to hold it in."""
    thread = box(1000, 1000, 30_000, 1000.001)
    field = Displacement(np.array([0.0, 1000]), np.array([8000, 0.0005]), np.zeros((4, 5, 2)))
    piece = Fragment("thread", thread, thread, field, 0.9)
    with pytest.raises(ExportError, match="'thread' is a line"):
        control_points(smooth_map(scenes.alignment(piece)), 0.1)


def test_no_cell_keeps_nodes_of_two_pieces() -> None:
    fragment = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [-1, 0, 0, 1]], dtype=np.int32)
    seam = between_pieces(fragment, np.array([0.5, 0.9]))
    # The less confident piece, 0, loses its nodes beside piece 1.
    assert seam.tolist() == [
        [False, True, False, False],
        [False, True, False, False],
        [False, True, True, False],
    ]


def test_equal_confidence_is_settled_as_the_alignment_settles_it() -> None:
    """The first of two keeps the points that both claim."""
    seam = between_pieces(np.array([[0, 1], [0, 1]], dtype=np.int32), np.array([0.7, 0.7]))
    assert seam.tolist() == [[False, True], [False, True]]


def test_a_sliver_clears_the_nearest_node_and_no_more() -> None:
    nodes = Nodes(np.array([10.0, 20.0]), 10.0, (4, 5))
    everywhere = np.zeros(nodes.shape, dtype=np.int32)
    inside, of_inside = np.array([[24.0, 27.0], [44.0, 41.0]]), np.array([1, 0])
    cleared = beside_strangers(everywhere, nodes, inside, of_inside)
    assert np.argwhere(cleared).tolist() == [[1, 1]]


def test_borders_leave_no_cell_out() -> None:
    points = border_points([box(0, 0, 100, 3)], 10.0)
    assert len(np.unique(np.floor(points[:, 0] / 10.0))) == 11
