from dataclasses import replace

import numpy as np
import pytest
import report_scenes
import shapely

from sar_models.domain.transforms import Affine, Displacement, Piecewise
from sar_models.report.lattice import Lattice, lattices_of
from sar_models.report.layers import cell_fill, full_scale
from sar_models.report.palette import FOLD_HEX


def lattice_under(transform: object) -> Lattice:
    alignment = report_scenes.scene(120).alignment
    fragment = replace(alignment.fragments[0], transform=transform)
    (lattice,) = lattices_of(replace(alignment, transform=Piecewise((fragment,))))
    return lattice


@pytest.mark.parametrize("mirror", [False, True])
def test_a_similarity_changes_no_area_and_folds_nothing(mirror: bool) -> None:
    lattice = lattice_under(Affine.from_similarity(1.0, 1.3, (50, 60), mirror=mirror))
    known = np.isfinite(lattice.area_change)
    assert known.sum() > 20
    np.testing.assert_allclose(lattice.area_change[known], 0.0, atol=1e-9)
    assert not lattice.folded.any()


def test_a_fold_is_found_and_painted() -> None:
    width = report_scenes.scene(120).alignment.pair.source.size.width
    x = np.linspace(0, width, 40)
    push = np.where((x > 0.3 * width) & (x < 0.4 * width), 0.3 * width - x, 0) * 2.0
    values = np.zeros((40, 40, 2))
    values[..., 0] = push
    field = Displacement(np.zeros(2), np.full(2, width / 39), values, "bilinear")
    lattice = lattice_under(field)
    assert lattice.folded.any()
    row, col = np.argwhere(lattice.folded)[0]
    assert cell_fill(lattice, row, col, 0.1) == FOLD_HEX


def test_the_grid_is_a_round_number_of_micrometres() -> None:
    alignment = report_scenes.scene(120).alignment
    lattice = lattices_of(alignment)[0]
    spacing_um = lattice.spacing_px * report_scenes.QUARTER.mean
    assert spacing_um / 10 ** np.floor(np.log10(spacing_um)) in (1, 2, 5)


def test_colours_reach_as_far_as_the_deformation() -> None:
    nodes = np.zeros((3, 3, 2))
    change = np.log2(np.array([[1.0, 1.2], [0.9, 1.0]]))
    lattice = Lattice(nodes, change, np.zeros((2, 2), np.bool_), 1.0)
    assert full_scale([lattice]) == 0.25
    assert full_scale([replace(lattice, area_change=np.zeros((2, 2)))]) == 0.05
    assert full_scale([replace(lattice, area_change=np.full((2, 2), np.nan))]) == 0.05
    assert full_scale([replace(lattice, area_change=np.zeros((2, 2))), lattice]) == 0.25


def test_no_paired_tissue_no_grid() -> None:
    assert lattices_of(report_scenes.failed_scene(120).alignment) == ()


def test_each_piece_has_a_grid_of_its_own_by_its_own_map() -> None:
    alignment = report_scenes.torn_scene(160).alignment
    lattices = lattices_of(alignment)
    assert len(lattices) == 2
    assert lattices[0].spacing_px == lattices[1].spacing_px
    for lattice, fragment in zip(lattices, alignment.fragments, strict=True):
        reach = fragment.target.buffer(1.5 * lattice.spacing_px)
        corners = np.concatenate([lattice.corners(r, c) for r, c in lattice.cells])
        assert shapely.contains_xy(reach, *corners.T).all()
        assert not lattice.folded.any()
