from __future__ import annotations

import numpy as np
import pytest
from shapely import Polygon, STRtree

from sar_models.domain.errors import OptionError
from sar_models.synthesis.raster import Raster
from sar_models.synthesis.tissue import (
    COMPONENTS,
    ORGANS,
    OUTLINE_KINDS,
    OutlineKind,
    cut,
    draw,
    draw_organ,
    draw_scene,
)
from sar_models.synthesis.tissue.layout import Site, site_plane
from sar_models.synthesis.tissue.nuclei import Kind

LENGTH_UM = 1500.0


@pytest.mark.parametrize("kind", OUTLINE_KINDS)
def test_outlines_are_simple_and_of_the_asked_length(kind: OutlineKind) -> None:
    for seed in range(6):
        edge = draw_scene(seed, draw_organ(1, "colon"), LENGTH_UM, kind).outline
        x0, y0, x1, y1 = edge.bounds
        assert edge.is_valid
        assert max(x1 - x0, y1 - y0) == pytest.approx(LENGTH_UM)


@pytest.mark.parametrize("name", ORGANS)
def test_every_organ_yields_a_section(name: str) -> None:
    scene = draw_scene(2, draw_organ(3, name), LENGTH_UM)
    section = cut(scene, 0, 0.5)
    amounts = draw(section, 4.0, frozenset(COMPONENTS))
    assert set(amounts.planes) == set(COMPONENTS)
    assert all(plane.dtype == np.uint8 for plane in amounts.planes.values())
    assert amounts.planes["chromatin"].any()
    assert amounts.planes["stroma"].any()
    assert len(section.nuclei) > 300


def test_glands_do_not_overlap() -> None:
    layout = cut(draw_scene(4, draw_organ(4, "kidney"), LENGTH_UM), 0, 0.5).layout
    shapes = [Polygon(ring) for ring in layout.glands]
    pairs = STRtree(shapes).query(shapes, predicate="intersects").T
    shared = [shapes[i].intersection(shapes[j]).area for i, j in pairs if i < j]
    assert sum(shared) < 0.002 * sum(shape.area for shape in shapes)


def test_lumens_lie_in_their_glands() -> None:
    layout = cut(draw_scene(4, draw_organ(4, "colon"), LENGTH_UM), 0, 0.5).layout
    for lumen, gland in zip(layout.lumens, layout.glands[layout.lumen_of], strict=True):
        assert Polygon(gland).buffer(0.5).contains(Polygon(lumen).buffer(0))


def test_nuclei_lie_on_tissue_and_not_in_lumens() -> None:
    section = cut(draw_scene(5, draw_organ(5, "prostate"), LENGTH_UM), 0, 0.5)
    raster = Raster.over(section.layout.scene.extent, 1.0)
    sites = raster.lookup(site_plane(section.layout, raster), section.nuclei.centre)
    lining = section.nuclei.kind == Kind.ENDOTHELIAL
    assert np.isin(sites[~lining], [Site.GLASS, Site.LUMEN, Site.FAT]).mean() < 0.03


def test_equal_sections_are_equal() -> None:
    scene = draw_scene(6, draw_organ(6, "breast"), LENGTH_UM)
    first, second = (cut(scene, 1, 0.5) for _ in range(2))
    np.testing.assert_array_equal(first.nuclei.centre, second.nuclei.centre)
    np.testing.assert_array_equal(first.layout.glands, second.layout.glands)


@pytest.mark.parametrize("change", [0.0, 0.3, 0.9])
def test_change_tells_how_many_nuclei_two_sections_share(change: float) -> None:
    scene = draw_scene(7, draw_organ(7, "colon"), LENGTH_UM)
    first, second = (cut(scene, number, change).nuclei for number in (0, 1))
    stromal = [n.take(n.kind == Kind.STROMAL).centre.round(6) for n in (first, second)]
    known = {tuple(point) for point in stromal[0]}
    shared = np.mean([tuple(point) in known for point in stromal[1]])
    # A cell stays where neither section has replaced it; a few fall off at changed borders.
    assert shared == pytest.approx((1.0 - change) ** 2, abs=0.06)


def test_glands_persist_between_sections() -> None:
    scene = draw_scene(8, draw_organ(8, "colon"), LENGTH_UM)
    first, second = (cut(scene, number, 0.6).layout.glands for number in (0, 1))
    overlap = [
        Polygon(a).buffer(0).intersection(Polygon(b).buffer(0)).area / Polygon(a).area
        for a, b in zip(first, second, strict=True)
    ]
    assert np.median(overlap) > 0.85


def test_another_region_of_the_organ_is_other_tissue() -> None:
    organ = draw_organ(9, "colon")
    first, second = (draw_scene(seed, organ, LENGTH_UM) for seed in (1, 2))
    assert first.organ == second.organ
    assert not first.outline.equals(second.outline)
    nearest = np.linalg.norm(
        first.glands.sites.centre[:, None] - second.glands.sites.centre[None], axis=2
    ).min(axis=1)
    assert np.median(nearest) > 10.0


def test_unknown_organ_is_refused() -> None:
    with pytest.raises(OptionError, match="'spleen'"):
        draw_organ(1, "spleen")
