"""A placement refined and measured: affine, then by a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from sar_models.domain.transforms import Affine
from sar_models.engine import Section
from sar_models.engine.refinement import Field, FieldRefiner
from sar_models.engine.registered import fit_affine, fit_field, pull, register
from sar_models.engine.working import WorkingImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.engine.registered import Fitted

CPU = torch.device("cpu")
NEARLY = Affine.translation((12.0, -11.0))


@pytest.fixture(scope="module")
def sections(scene: Any) -> tuple[Section, Section]:
    source, target = (
        Section.from_image(WorkingImage(slide.image, Affine.identity()))
        for slide in (scene.source, scene.target)
    )
    return source, target


@pytest.fixture(scope="module")
def fitted(sections: tuple[Section, Section], scene: Any) -> Fitted:
    return fit_affine(*sections, NEARLY @ scene.truth.pose, CPU)


def test_a_placement_that_is_nearly_right_becomes_right(fitted: Fitted, scene: Any) -> None:
    before = scene.error_px((NEARLY @ scene.truth.pose).map(scene.points))
    after = scene.error_px(fitted.pair.target_from_source.map(scene.points))
    assert np.median(before) > 8
    assert np.median(after) < 0.6 * np.median(before)
    assert fitted.fit.contrast > 0.1


def test_blocks_support_the_right_placement_and_no_wrong_one(
    fitted: Fitted, sections: tuple[Section, Section], scene: Any
) -> None:
    upside_down = scene.truth.pose @ Affine.from_similarity(np.pi, 1.0, (420.0, 420.0))
    wrong = fit_affine(*sections, upside_down, CPU, keep_placement=True)
    np.testing.assert_allclose(
        wrong.pair.target_from_source.map(scene.points), upside_down.map(scene.points)
    )
    assert fitted.support > 0.4
    assert wrong.support < 0.5 * fitted.support
    assert wrong.fit.contrast < 0.5 * fitted.fit.contrast


def test_support_counts_blocks_that_agree_and_a_handful_never_suffices(fitted: Fitted) -> None:
    found = fitted.matches
    assert 0 < fitted.support < len(found.peaks) / (len(found.peaks) + 1)


def test_the_field_brings_the_rest_and_keeps_what_was_measured_before(
    fitted: Fitted, sections: tuple[Section, Section]
) -> None:
    registered = fit_field(fitted, CPU, FieldRefiner())
    assert registered.pair is fitted.pair
    assert registered.affine_matches is fitted.matches
    assert registered.affine_fit is fitted.fit
    assert registered.affine_support == fitted.support
    assert registered.fit.similarity > fitted.fit.similarity
    assert registered.both.max() <= 1.0
    agree = registered.matches.agreeing(3.0).mean()
    assert agree > fitted.matches.agreeing(3.0).mean()


def test_registering_is_fitting_twice(sections: tuple[Section, Section], scene: Any) -> None:
    class Still:
        """A refiner that moves nothing."""

        def refine(self, pair: Any, device: torch.device, share: float = 1.0) -> Field:
            return Field(np.zeros((4, 4, 2)), pair.shape)

    registered = register(*sections, scene.truth.pose, CPU, Still(), keep_placement=True)
    np.testing.assert_allclose(registered.target_mask, registered.pair.target_mask, atol=1e-6)
    np.testing.assert_allclose(registered.matches.shifts, registered.affine_matches.shifts)
    assert registered.fit.contrast == pytest.approx(registered.affine_fit.contrast)


@pytest.mark.parametrize("shift", [(3.0, 0.0), (0.0, -4.0), (2.5, 1.0)])
def test_a_picture_is_pulled_back_by_the_field(
    drawn: Callable[..., Any], shift: tuple[float, float]
) -> None:
    image = drawn(5).dyes[1]
    nodes = np.broadcast_to(np.array(shift), (5, 6, 2)).copy()
    pulled = pull(image, Field(nodes, image.shape))
    columns, rows = np.arange(50, 370), np.arange(50, 370)
    x, y = columns + shift[0], rows + shift[1]
    first = np.floor(x).astype(int), np.floor(y).astype(int)
    part = x[0] - first[0][0]
    wanted = (1 - part) * image[np.ix_(first[1], first[0])] + part * image[
        np.ix_(first[1], first[0] + 1)
    ]
    np.testing.assert_allclose(pulled[50:370, 50:370], wanted, atol=2e-2)


def test_several_pictures_are_pulled_back_as_each_of_them(drawn: Callable[..., Any]) -> None:
    images = drawn(5).dyes
    nodes = np.random.default_rng(0).normal(0, 3, (5, 6, 2))
    field = Field(nodes, images.shape[1:])
    pulled = pull(images, field)
    np.testing.assert_array_equal(pulled, np.stack([pull(image, field) for image in images]))
    assert np.abs(pulled - images).max() > 0.1
