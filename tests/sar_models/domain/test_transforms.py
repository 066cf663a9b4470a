"""Transforms obey their laws: round trips, composition, derivatives, records."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import MultiPolygon, Point, box, mapping

from sar_models.domain.errors import RecordError, TransformError
from sar_models.domain.transforms import (
    Affine,
    Displacement,
    Fragment,
    Inverted,
    Piecewise,
    Sequence,
    Transform,
    outline_from_record,
    transform_from_record,
)

coordinate = st.floats(-5e4, 5e4, allow_nan=False)
points = arrays(np.float64, st.tuples(st.integers(0, 8), st.just(2)), elements=coordinate)
inner_points = arrays(
    np.float64, st.tuples(st.integers(1, 8), st.just(2)), elements=st.floats(100, 900)
)


@st.composite
def affines(draw: st.DrawFn) -> Affine:
    similarity = Affine.from_similarity(
        draw(st.floats(-np.pi, np.pi)),
        draw(st.floats(0.1, 10)),
        (draw(coordinate), draw(coordinate)),
        mirror=draw(st.booleans()),
    )
    shear = Affine(np.array([[1.0, draw(st.floats(-0.5, 0.5)), 0], [0, 1, 0]]))
    return similarity @ shear


@st.composite
def displacements(draw: st.DrawFn) -> Displacement:
    """Fields whose derivative stays below one, so that they do not fold."""
    bend = draw(arrays(np.float64, (6, 6, 2), elements=st.floats(-12, 12)))
    kind = draw(st.sampled_from(["bilinear", "cubic"]))
    return Displacement(np.array([0.0, 0.0]), np.array([200.0, 200.0]), bend, kind)


@given(affines(), points)
def test_affine_round_trip(affine: Affine, where: np.ndarray) -> None:
    back = affine.inverse().map(affine.map(where))
    np.testing.assert_allclose(back, where, atol=1e-5)


@given(affines(), affines(), points)
def test_affine_composition_applies_right_operand_first(
    second: Affine, first: Affine, where: np.ndarray
) -> None:
    expected = second.map(first.map(where))
    np.testing.assert_allclose((second @ first).map(where), expected, rtol=1e-7, atol=1e-3)
    np.testing.assert_allclose(Sequence((first, second)).map(where), expected)


@given(st.floats(-179, 180), st.floats(0.1, 10), st.booleans())
def test_similarity_parameters_come_back(angle: float, scale: float, mirror: bool) -> None:
    affine = Affine.from_similarity(np.deg2rad(angle), scale, mirror=mirror)
    assert affine.mirrored is mirror
    assert affine.scale == pytest.approx(scale)
    turn = (affine.rotation_deg - angle + 180) % 360 - 180
    assert turn == pytest.approx(0, abs=1e-6)


@settings(deadline=None)
@given(displacements(), inner_points)
def test_displacement_round_trip_and_reported_residual(
    field: Displacement, where: np.ndarray
) -> None:
    inverse = field.inverse()
    there = field.map(where)
    np.testing.assert_allclose(inverse.map(there), where, atol=1e-4)
    assert np.nanmax(inverse.residual_px(there)) <= inverse.tolerance
    assert inverse.inverse() is field


@settings(deadline=None)
@given(displacements(), inner_points)
def test_jacobians_agree_with_finite_differences(field: Displacement, where: np.ndarray) -> None:
    where = np.floor(where / 200) * 200 + np.clip(where % 200, 5, 195)  # off bilinear creases
    turn = Affine.from_similarity(0.7, 1.3, (5, 6))
    for transform in (field, turn, Sequence((field, turn))):
        step = 1e-3
        numeric = np.stack(
            [
                (transform.map(where + step * e) - transform.map(where - step * e)) / (2 * step)
                for e in np.eye(2)
            ],
            axis=-1,
        )
        np.testing.assert_allclose(transform.jacobian(where), numeric, atol=1e-5)


@settings(deadline=None)
@given(displacements(), inner_points)
def test_inverse_jacobian_is_the_inverse(field: Displacement, where: np.ndarray) -> None:
    product = field.inverse().jacobian(field.map(where)) @ field.jacobian(where)
    if field.interpolation == "cubic":
        np.testing.assert_allclose(product, np.broadcast_to(np.eye(2), product.shape), atol=1e-3)
    else:
        assert np.isfinite(product).all()


def test_displacement_is_nan_outside_its_grid_and_exact_at_nodes(field: Displacement) -> None:
    node = field.origin + field.spacing * (3, 5)
    np.testing.assert_allclose(field.map(node[None])[0], node + field.values[5, 3])
    outside = np.array([[field.extent[0] + 1, 0.0], [np.nan, 0.0]])
    assert np.isnan(field.map(outside)).all()
    assert np.isnan(field.jacobian(outside)).all()
    assert np.isnan(field.inverse().map(np.array([[9e5, 9e5], [np.nan, 1.0]]))).all()


def test_newton_inverts_a_strongly_strained_field() -> None:
    x = np.linspace(0, 1000, 21)
    bend = np.zeros((21, 21, 2))
    bend[..., 0] = 130 * np.sin(x / 150)  # derivative up to 0.87: plain fixed point is slow
    field = Displacement(np.zeros(2), np.full(2, 50.0), bend)
    where = np.column_stack([np.linspace(200, 800, 50), np.full(50, 500.0)])
    np.testing.assert_allclose(field.inverse().map(field.map(where)), where, atol=1e-4)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Affine(np.zeros((2, 3))),
        lambda: Affine(np.eye(3)),
        lambda: Affine(np.full((2, 3), np.nan)),
        lambda: Sequence(()),
        lambda: Displacement(np.zeros(2), np.ones(2), np.zeros((3, 3, 2))),
        lambda: Displacement(np.zeros(2), np.ones(2), np.full((5, 5, 2), np.nan)),
        lambda: Displacement(np.zeros(2), np.zeros(2), np.zeros((5, 5, 2))),
        lambda: Displacement(np.zeros(2), np.ones(2), np.zeros((5, 5, 2)), "nearest"),
        lambda: Affine.identity().map(np.zeros((3, 3))),
        lambda: Fragment("a", box(0, 0, 1, 1), box(0, 0, 1, 1), Affine.identity(), 1.5),
        lambda: Piecewise((_fragment("a"), _fragment("a"))),
    ],
)
def test_impossible_transforms_are_refused(build: object) -> None:
    with pytest.raises(TransformError):
        build()


def _fragment(name: str, *, dx: float = 0.0, confidence: float = 0.8) -> Fragment:
    return Fragment(
        name,
        box(0 + dx, 0, 100 + dx, 100),
        box(1000 + dx, 0, 1100 + dx, 100),
        Affine.translation((1000.0, 0.0)),
        confidence,
    )


def test_piecewise_tells_tissue_glass_unpaired_and_far_apart() -> None:
    pieces = Piecewise((_fragment("a"),), (box(160, 0, 200, 100),), (), 50.0, 50.0)
    where = np.array([[50.0, 50], [120, 50], [150, 50], [180, 50], [50, 400], [np.nan, 0]])
    assigned = pieces.assign(where)
    assert assigned.fragment.tolist() == [0, 0, -1, -1, -1, -1]
    assert assigned.on_glass.tolist() == [False, True, False, False, False, False]
    assert assigned.in_unpaired.tolist() == [False, False, False, True, False, False]
    mapped = pieces.map(where)
    np.testing.assert_allclose(mapped[:2], [[1050, 50], [1120, 50]])
    assert np.isnan(mapped[2:]).all()
    np.testing.assert_allclose(pieces.jacobian(where)[0], np.eye(2))
    assert np.isnan(pieces.jacobian(where)[3]).all()


def test_more_confident_fragment_wins_where_two_overlap_and_overlap_is_reported() -> None:
    weak = _fragment("weak", confidence=0.3)
    strong = Fragment(
        "strong", box(50, 0, 150, 100), box(0, 0, 1, 1), Affine.translation((0, 500)), 0.9
    )
    for order in ((weak, strong), (strong, weak)):
        pieces = Piecewise(order)
        np.testing.assert_allclose(
            pieces.map(np.array([[75.0, 50.0], [25.0, 50.0]])), [[75, 550], [1025, 50]]
        )
        assert pieces.overlap_px2 == pytest.approx(5000)


def test_piecewise_inverse_swaps_everything() -> None:
    pieces = Piecewise((_fragment("a"),), (), (box(0, 0, 9, 9),), 10.0, 20.0)
    inverse = pieces.inverse()
    where = np.array([[30.0, 40.0], [99.0, 1.0]])
    np.testing.assert_allclose(inverse.map(pieces.map(where)), where)
    assert inverse.unpaired_source == pieces.unpaired_target
    assert (inverse.reach_source_px, inverse.reach_target_px) == (20.0, 10.0)
    assert Piecewise(()).overlap_px2 == 0.0


@settings(deadline=None)
@given(affines(), displacements(), inner_points)
def test_records_round_trip(affine: Affine, field: Displacement, where: np.ndarray) -> None:
    fragment = Fragment("a", box(0, 0, 1000, 1000), MultiPolygon([box(0, 0, 5, 5)]), field, 0.5)
    for transform in (
        affine,
        field,
        field.inverse(),
        Sequence((field, affine)),
        Piecewise((fragment,), (box(0, 0, 1, 1),), (), 3.0, 4.0),
    ):
        again = transform_from_record(transform.to_record())
        assert isinstance(again, Transform)
        assert type(again) is type(transform)
        np.testing.assert_array_equal(again.map(where), transform.map(where))


def test_records_that_are_no_transform_are_refused() -> None:
    with pytest.raises(RecordError, match="'warp'"):
        transform_from_record({"type": "warp"})
    with pytest.raises(RecordError, match="matrix"):
        transform_from_record({"type": "affine"})
    with pytest.raises(RecordError, match="Point"):
        outline_from_record(mapping(Point(0, 0)))


def test_inverted_record_keeps_its_tolerance(field: Displacement) -> None:
    again = transform_from_record(Inverted(field, 1e-3).to_record())
    assert isinstance(again, Inverted)
    assert again.tolerance == 1e-3
