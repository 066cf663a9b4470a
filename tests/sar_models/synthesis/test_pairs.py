from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import centre_from_corner
from sar_models.synthesis import (
    PAIR_KINDS,
    GeneratedPair,
    PairKind,
    PairOptions,
    generate_pair,
)

if TYPE_CHECKING:
    from sar_models.domain.transforms import Transform

TWIN = PairOptions(
    size_px=300,
    mpp=8.0,
    organ="colon",
    outline="resection",
    target_stain="he",
    section_change=0.0,
    jpeg=False,
)


def _pulled_back(pair: GeneratedPair, truth: Transform) -> np.ndarray:
    """Resample the target on the source's pixels through a ``target_from_source``."""
    size = pair.source.size
    x, y = np.meshgrid(np.arange(size.width) + 0.5, np.arange(size.height) + 0.5)
    at = truth.map(np.stack([x.ravel(), y.ravel()], axis=1))
    at = centre_from_corner(at).reshape(*x.shape, 2).astype(np.float32)
    return cv2.remap(
        pair.target.image,
        at[..., 0],
        at[..., 1],
        cv2.INTER_LINEAR,
        None,
        cv2.BORDER_REPLICATE,
    )


def _likeness(first: np.ndarray, second: np.ndarray) -> float:
    grey = [image.mean(axis=2).ravel() for image in (first, second)]
    return float(np.corrcoef(*grey)[0, 1])


@pytest.mark.parametrize(
    "changes",
    [
        {"turn_deg": 0.0, "mirror": False, "scale": 1.0},
        {"turn_deg": 77.0, "mirror": True},
        {"turn_deg": -160.0, "mirror": False, "target_mpp": 6.0},
        {"turn_deg": 30.0, "mirror": True, "target_mpp": 12.0},
    ],
    ids=["plain", "mirrored", "finer target", "coarser target"],
)
def test_the_target_pulled_back_by_the_truth_is_the_source(changes: dict[str, object]) -> None:
    pair = generate_pair(11, dataclasses.replace(TWIN, **changes))
    assert pair.truth is not None
    likeness = _likeness(pair.source.image, _pulled_back(pair, pair.truth))
    assert likeness > 0.85
    assert pair.target.mpp.mean == (changes.get("target_mpp") or 8.0)


def test_the_truth_is_sharp() -> None:
    pair = generate_pair(12, TWIN)
    assert pair.truth is not None
    pulled = _pulled_back(pair, pair.truth)
    best = _likeness(pair.source.image, pulled)
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        assert _likeness(pair.source.image, np.roll(pulled, step, axis=axis)) < best


def test_scale_of_the_truth_follows_from_both_pixel_sizes() -> None:
    options = dataclasses.replace(TWIN, target_mpp=2.0, mpp=4.0, scale=1.0, mirror=False)
    truth = generate_pair(3, options).truth
    assert truth is not None
    middle = np.array([[150.0, 140.0]])
    assert np.sqrt(np.linalg.det(truth.jacobian(middle))[0]) == pytest.approx(2.0, rel=0.2)


def test_a_pair_is_its_seed(small_pair: GeneratedPair) -> None:
    again = generate_pair(small_pair.seed, small_pair.options)
    np.testing.assert_array_equal(again.source.image, small_pair.source.image)
    np.testing.assert_array_equal(again.target.image, small_pair.target.image)
    np.testing.assert_array_equal(again.landmarks, small_pair.landmarks)
    for one, two in zip(again.annotations, small_pair.annotations, strict=True):
        assert (one.id, one.name) == (two.id, two.name)
        assert one.geometry.equals_exact(two.geometry, 0.0)
    other = generate_pair(small_pair.seed + 1, small_pair.options)
    assert other.source.image.shape != small_pair.source.image.shape or not np.array_equal(
        other.source.image, small_pair.source.image
    )


def test_the_truth_does_not_fold_and_inverts(small_pair: GeneratedPair) -> None:
    assert small_pair.truth is not None
    points = small_pair.landmarks
    mapped = small_pair.target_landmarks()
    np.testing.assert_allclose(small_pair.truth.inverse().map(mapped), points, atol=1e-3)
    signs = np.sign(np.linalg.det(small_pair.truth.jacobian(points)))
    assert (signs == signs[0]).all()


def test_marks_lie_on_their_slides(small_pair: GeneratedPair) -> None:
    assert len(small_pair.landmarks) >= 20
    for points, slide in (
        (small_pair.landmarks, small_pair.source),
        (small_pair.target_landmarks(), small_pair.target),
    ):
        assert (points > 0).all()
        assert (points < slide.size.as_array()).all()


def test_annotations_are_valid_and_keep_their_ids(small_pair: GeneratedPair) -> None:
    labels = {a.classification for a in small_pair.annotations}
    assert {("Tissue",), ("Gland",)} <= labels
    targets = small_pair.counterparts()
    assert [a.id for a in targets] == [a.id for a in small_pair.annotations]
    assert len({a.id for a in targets}) == len(targets)
    for annotation in (*small_pair.annotations, *targets):
        assert annotation.geometry.is_valid
        assert annotation.geometry.area > 0
    ratio = targets[0].geometry.area / small_pair.annotations[0].geometry.area
    assert ratio == pytest.approx(1.0, abs=0.12)


def test_the_tissue_is_dark_and_the_glass_is_not(small_pair: GeneratedPair) -> None:
    mask = np.zeros(small_pair.source.image.shape[:2], dtype=np.uint8)
    ring = np.asarray(small_pair.tissue.exterior.coords)
    cv2.fillPoly(mask, [ring.astype(np.int32)], 1)
    grey = small_pair.source.image.mean(axis=2)
    assert grey[mask == 0].mean() > grey[mask == 1].mean() + 25
    assert 0.15 < mask.mean() < 0.8


def test_the_truth_reaches_far_onto_the_glass(small_pair: GeneratedPair) -> None:
    assert small_pair.truth is not None
    drawn = small_pair.tissue.buffer(500.0 / small_pair.source.mpp.mean)
    ring = np.asarray(drawn.exterior.coords)
    assert np.isfinite(small_pair.truth.map(ring)).all()


@pytest.mark.parametrize("kind", PAIR_KINDS)
def test_kinds_tell_what_is_true(kind: PairKind, small_pair: GeneratedPair) -> None:
    pair = generate_pair(5, dataclasses.replace(small_pair.options, kind=kind))
    expected = {"true": 1, "two-levels": 2}.get(kind, 0)
    assert len(pair.truths) == expected
    assert (pair.truth is None) == (expected != 1)
    np.testing.assert_array_equal(pair.source.image, small_pair.source.image)
    assert pair.target.image.dtype == np.uint8
    if kind == "blank":
        assert pair.target.image.std(axis=(0, 1)).max() < 8
    if kind not in ("true", "blank"):
        assert pair.target.image.std() > 15


def test_both_levels_show_the_right_section() -> None:
    pair = generate_pair(11, dataclasses.replace(TWIN, kind="two-levels"))
    for number, truth in enumerate(pair.truths):
        assert _likeness(pair.source.image, _pulled_back(pair, truth)) > 0.85
        assert len(pair.counterparts(number)) == len(pair.annotations)
    apart = np.abs(pair.target_landmarks(0) - pair.target_landmarks(1)).max(axis=1)
    assert apart.min() > 50


def test_wrong_tissue_is_not_there_at_the_right_pose() -> None:
    right = generate_pair(11, TWIN)
    assert right.truth is not None
    for kind in ("near-miss", "mosaic", "unrelated"):
        wrong = generate_pair(11, dataclasses.replace(TWIN, kind=kind))
        shape = right.target.image.shape
        canvas = np.full(shape, 240, dtype=np.uint8)
        h, w = (
            min(shape[0], wrong.target.image.shape[0]),
            min(shape[1], wrong.target.image.shape[1]),
        )
        canvas[:h, :w] = wrong.target.image[:h, :w]
        fake = dataclasses.replace(right, target=dataclasses.replace(right.target, image=canvas))
        assert _likeness(right.source.image, _pulled_back(fake, right.truth)) < 0.6


def test_fixing_one_choice_leaves_the_others(small_pair: GeneratedPair) -> None:
    turned = generate_pair(5, dataclasses.replace(small_pair.options, turn_deg=10.0))
    assert turned.target.stain == small_pair.target.stain
    np.testing.assert_array_equal(turned.source.image, small_pair.source.image)


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "torn apart"},
        {"size_px": 10},
        {"mpp": 0.0},
        {"target_mpp": float("nan")},
        {"scale": -1.0},
        {"section_change": 1.5},
        {"source_stain": "giemsa"},
        {"organ": "spleen"},
        {"warp_rms_um": 900.0},
    ],
)
def test_impossible_options_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        generate_pair(1, PairOptions(**bad))  # type: ignore[arg-type]
