"""Registration of a generated pair by one channel alone, from the blind search to the field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import map_coordinates

from sar_models.domain.geometry import centre_from_corner
from sar_models.engine import AlignOptions, DensePoseSearch
from sar_models.engine.device import choose_device
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.refinement import FieldRefiner
from sar_models.engine.registered import register
from sar_models.engine.scene.seeing import see_structures
from sar_models.stores import ArraySlide

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Affine
    from sar_models.engine.registered import Registered
    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.section import Channel, Section
    from sar_models.synthesis import GeneratedPair
    from sar_models.synthesis.imaging import Image

_SEARCH = DensePoseSearch(outline_weight=0.0)
"""Without the outline of the tissue, which finds many poses by itself."""

LOST = 0.05
"""Share of the diagonal: the error of a point that has no place, and of one farther off."""


@dataclass(frozen=True)
class PairError:
    """Median errors at landmarks, shares of the target's diagonal, at most `LOST`.

    ``pose`` is of the pose that was found first, ``error`` after the field.
    """

    pose: float
    error: float

    @property
    def found(self) -> bool:
        """Whether the pose is right."""
        return self.pose < LOST


def register_by(
    channel: Channel, network: SarNet, pair: GeneratedPair, target_image: Image
) -> PairError:
    """Register a pair by one channel, and compare landmarks with the truth.

    Nothing falls back on another channel, nothing is given up: what is measured is the channel.

    Parameters
    ----------
    channel : Channel
    network : SarNet
        That sees the scene.
    pair : GeneratedPair
    target_image : (H, W, 3) uint8
        The target of the pair, maybe with other light or stain; every structure in its place.
    """
    device = choose_device("cpu")
    options = AlignOptions(device="cpu")
    source = ArraySlide("source", pair.source.image, pair.source.mpp)
    target = ArraySlide("target", target_image, pair.target.mpp)
    see = partial(see_structures, network, device=device)
    prepared = prepare_pair(source, target, (pair.source.mpp, pair.target.mpp), options, see)
    if prepared.source.is_empty or prepared.target.is_empty:
        return PairError(LOST, LOST)
    first, second = prepared.source, prepared.target
    searched, among = first, second
    if channel == "scene":
        searched, among = _nothing_but_scene(first), _nothing_but_scene(second)
    poses = _SEARCH.search(searched, among, prepared.scale or 1.0, 1, channel)
    if not poses:
        return PairError(LOST, LOST)
    pose = poses[0].target_from_source
    registered = register(first, second, pose, device, FieldRefiner(), channel)
    working = first.slide_from_working.inverse().map(pair.landmarks)
    truth, diagonal = pair.target_landmarks(), pair.target.size.diagonal

    def error(placed: Points, slide_from_working: Affine) -> float:
        distance = np.linalg.norm(slide_from_working.map(placed) - truth, axis=1) / diagonal
        return min(float(np.median(distance)), LOST)

    return PairError(
        error(pose.map(working), second.slide_from_working),
        error(_placed(registered, working), second.slide_from_working),
    )


def _nothing_but_scene(section: Section) -> Section:
    """Return a section without the densities that the search looks at beside the scene."""
    nothing = np.zeros_like(section.density)
    return replace(section, density=nothing, haematoxylin=nothing)


def _placed(registered: Registered, working: Points) -> Points:
    """Return source working points ``(N, 2)`` in working pixels of the target."""
    pair = registered.pair
    at = pair.canonical_from_source.map(working)
    moved = registered.field.dense(*pair.shape)
    # Points beyond the frame follow its edge.
    place = centre_from_corner(at)[:, ::-1].T
    shift = [map_coordinates(moved[..., axis], place, order=1, mode="nearest") for axis in (0, 1)]
    return pair.target_from_canonical.map(at + np.stack(shift, axis=1))
