"""Seams: what a learned part has to offer to take the place of a built-in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.anchors import BlockMatches
    from sar_models.engine.canonical import Canonical
    from sar_models.engine.keypoints.features import Features, Turn
    from sar_models.engine.poses import Pose
    from sar_models.engine.refinement import Field
    from sar_models.engine.section import Channel, Section


class PoseSearch(Protocol):
    """Finds how the source, or one piece of it, may lie on the target."""

    def search(
        self,
        source: Section,
        target: Section,
        scale: float = 1.0,
        count: int = 10,
        channel: Channel | None = None,
    ) -> list[Pose]:
        """Return the best ``count`` different poses, best first.

        By what shows in one channel, or by all that there is.
        """
        ...


class Turnable(Protocol):
    """One section of a pair as keypoints see it."""

    def features(self, turn: Turn, *, rough: bool = False) -> Features:
        """Return places and descriptors as if the section had been turned.

        Roughly while many turns are tried; places are those of the section as it lies.
        """
        ...


class AnchorExtractor(Protocol):
    """Finds keypoints on a pair of which no pose is known."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Turns of the source that have to be tried, for its descriptors to fit the target's."""
        ...

    @property
    def least_margin(self) -> float:
        """Similarity by which a match has to stand out from places elsewhere."""
        ...

    def extract(self, source: Section, target: Section, scale: float) -> tuple[Turnable, Turnable]:
        """Return both sections, seen at one scale: target pixels per source pixel, working ones."""
        ...


class AnchorMatcher(Protocol):
    """Finds places that show the same structure on a pair that is roughly registered."""

    def match(
        self,
        source: NDArray[np.float32],
        target: NDArray[np.float32],
        weight: NDArray[np.float32],
    ) -> BlockMatches:
        """Return matches between two images of one grid where ``weight`` ``(H, W)`` says so.

        The images are ``(H, W)``, or ``(C, H, W)`` to be matched in all channels together.
        """
        ...


class Retriever(Protocol):
    """Maps points by anchors, without a dense field."""

    def retrieve(self, points: Points, source: Points, target: Points) -> Points:
        """Return the places of ``points`` ``(N, 2)``, given anchors ``(K, 2)`` on both sides."""
        ...


class Refiner(Protocol):
    """Makes a canonical pair alike by a smooth displacement."""

    def refine(self, pair: Canonical, device: torch.device, share: float = 1.0) -> Field:
        """Return the displacement from the posed source to the target.

        ``share`` is the long side of the tissue over that of its section: a piece is looked at as
        closely as it would be as a part of it.
        """
        ...
