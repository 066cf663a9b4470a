"""What the field of a placed piece follows: whatever shows the placement most sharply."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from sar_models.domain.transforms import Affine
from sar_models.engine.ambiguity import Lead
from sar_models.engine.canonical import canonical_pair
from sar_models.engine.fragments.hypothesis import Sections
from sar_models.engine.fragments.placed import fit_hypothesis, place
from sar_models.engine.quality import weigh
from sar_models.engine.refinement import Field
from sar_models.engine.section import Section
from sar_models.engine.working import WorkingImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.engine.canonical import Canonical
    from sar_models.engine.fragments.hypothesis import Hypothesis
    from sar_models.engine.fragments.placed import Placed
    from sar_models.engine.section import Channel

    Image = NDArray[np.float32]

CPU = torch.device("cpu")
EVIDENCE = weigh(Lead(1.5, 1.3, True), 0.5)


@dataclass
class Watched:
    """A refiner that moves nothing, and remembers what it was shown."""

    shown: Canonical | None = None

    def refine(self, pair: Canonical, device: torch.device, share: float = 1.0) -> Field:
        self.shown = pair
        return Field(np.zeros((4, 4, 2)), pair.shape)


def darkness(colours: Image, mask: Image, _: int) -> Image:
    """Make one structure that both of the drawn stains share."""
    return np.asarray(colours.mean(axis=2)[None] * mask, dtype=np.float32)


@pytest.fixture(scope="module")
def sections(scene: Any) -> Sections:
    source, target = (
        Section.from_image(WorkingImage(slide.image, Affine.identity()))
        for slide in (scene.source, scene.target)
    )
    return Sections(source.with_scene(darkness), target.with_scene(darkness), 1.0)


@pytest.fixture(scope="module")
def strangers(sections: Sections, make_scene: Callable[..., Any]) -> Sections:
    """The same scenes under stains that show nothing alike."""
    other = Section.from_image(WorkingImage(make_scene(seed=8).target.image, Affine.identity()))
    images = {"haematoxylin": other.haematoxylin, "density": other.density}
    return replace(sections, target=replace(sections.target, **images))


def placed(sections: Sections, hypothesis: Hypothesis) -> tuple[Placed, Canonical]:
    """Place a piece; return also what its field was made from."""
    refiner = Watched()
    fitted = fit_hypothesis(sections, hypothesis, CPU)
    piece = place(sections, hypothesis, fitted, EVIDENCE, refiner, CPU)
    assert refiner.shown is not None
    np.testing.assert_array_equal(
        piece.registered.pair.target_from_source.matrix, fitted.pair.target_from_source.matrix
    )
    return piece, refiner.shown


def shows(pair: Canonical, piece: Placed, channel: Channel) -> bool:
    """Tell whether a pair was laid by a channel."""
    wanted = canonical_pair(piece.source, piece.target, pair.target_from_source, channel)
    return pair.source.shape == wanted.source.shape and np.array_equal(pair.source, wanted.source)


def test_nuclei_are_followed_where_they_show_a_place_as_well_as_the_scene(
    sections: Sections, scene: Any, supposed: Callable[..., Hypothesis]
) -> None:
    whole = sections.tissue("source")
    piece, shown = placed(sections, supposed("source", whole, scene.truth.pose, channel="scene"))
    assert any(shows(shown, piece, sharp) for sharp in ("haematoxylin-edges", "density-edges"))
    assert not shows(shown, piece, "scene")


def test_the_scene_is_followed_where_nothing_else_is_alike(
    strangers: Sections, scene: Any, supposed: Callable[..., Hypothesis]
) -> None:
    whole = strangers.tissue("source")
    piece, shown = placed(strangers, supposed("source", whole, scene.truth.pose, channel="scene"))
    assert shows(shown, piece, "scene")
    assert piece.registered.affine_support > 0.3


@pytest.mark.parametrize("channel", ["haematoxylin-edges", "density-edges"])
def test_what_was_found_without_the_scene_is_followed_without_it(
    strangers: Sections, scene: Any, channel: Channel, supposed: Callable[..., Hypothesis]
) -> None:
    whole = strangers.tissue("source")
    piece, shown = placed(strangers, supposed("source", whole, scene.truth.pose, channel=channel))
    assert shows(shown, piece, channel)
