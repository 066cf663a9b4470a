"""Retrievers as users call them: points in, places out, whatever estimates them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from sar_models.domain.errors import LandmarkError, OptionError
from sar_models.engine.anchored import geometric
from sar_models.engine.anchored.consensus import is_mirrored, mirrored
from sar_models.engine.anchored.geometric import spread_of
from sar_models.engine.anchored.paper import PaperEstimator
from sar_models.engine.anchored.weights import shipped_paired, shipped_pooled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.anchored.estimate import Estimator

_AT_ONCE = 40_000
"""Points times anchors in a chunk: some ten megabytes of what the network has in hand."""
_MIRROR_REACH = 0.07
"""Distance within which anchors agree when both sides of the source are tried, in spreads."""
_LEAST_FOR_MIRROR = 3
_GROUPS = 16

_KNOWN: dict[str, Callable[[], Estimator]] = {
    "mls-rigid": lambda: geometric.mls_rigid,
    "consensus-mls": lambda: geometric.consensus_mls,
    "consensus-rigid": lambda: geometric.consensus_rigid,
    "affine": lambda: geometric.group_affine,
    "tps": lambda: geometric.thin_plate,
    "paper": lambda: PaperEstimator(shipped_pooled().network),
    "paired": lambda: shipped_paired().network,
}
RETRIEVERS = tuple(_KNOWN)
DEFAULT_RETRIEVER = "paired"


@dataclass(frozen=True, eq=False)
class AnchoredRetriever:
    """Maps points by paired anchors, without a dense field.

    Parameters
    ----------
    estimator : Estimator
    scale : float
        Target pixels per source pixel: the source's mpp over the target's.
    device : torch.device
    """

    estimator: Estimator
    scale: float = 1.0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __post_init__(self) -> None:
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise OptionError(
                f"A scale of {self.scale!r}", remedy="Give target pixels per source pixel."
            )

    def retrieve(self, points: Points, source: Points, target: Points) -> Points:
        """Return the places of points, target px ``(N, 2)``; see `retrieve_with_sigma`."""
        return self.retrieve_with_sigma(points, source, target)[0]

    @torch.no_grad()
    def retrieve_with_sigma(
        self, points: Points, source: Points, target: Points
    ) -> tuple[Points, NDArray[np.float64]]:
        """Return the places of points, and how far off they may be.

        A source that lies upside down is found out by the anchors, and mirrored.

        Parameters
        ----------
        points : (N, 2) array
            Source px.
        source, target : (K, 2) array
            Paired anchors of one group, px of either slide; some of them may be wrong.

        Returns
        -------
        places : (N, 2) array
            Target px; NaN where the estimator has none.
        sigma : (N,) array
            Expected error, target px.

        Raises
        ------
        LandmarkError
            If there are less than two anchors, they are not paired, or not finite.
        """
        _check(points, source, target)
        if not len(points):
            return np.zeros((0, 2)), np.zeros(0)
        own = self._tensor(source) * self.scale
        there, asked = self._tensor(target), self._tensor(points) * self.scale
        if len(source) >= _LEAST_FOR_MIRROR:
            reach = _MIRROR_REACH * float(spread_of(own))
            if bool(is_mirrored(own, there, reach)):
                own, asked = mirrored(own), mirrored(asked)
        # Far from the origin single precision would tell no tenth of a pixel.
        middle, place = own.mean(1, keepdim=True), there.mean(1, keepdim=True)
        anchors = (own - middle).float(), (there - place).float()
        chunks = torch.split((asked - middle).float(), max(_AT_ONCE // len(source), 1), dim=1)
        found = [self.estimator(chunk, *anchors) for chunk in chunks]
        places = torch.cat([each.places for each in found], dim=1).double() + place
        sigma = torch.cat([each.sigma for each in found], dim=1).double()
        return places[0].cpu().numpy(), sigma[0].cpu().numpy()

    def _tensor(self, points: Points) -> torch.Tensor:
        return torch.as_tensor(points, dtype=torch.float64)[None].to(self.device)


def estimator_named(name: str) -> Estimator:
    """Return one of `RETRIEVERS`, on the processor.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    try:
        return _KNOWN[name]()
    except KeyError as exc:
        raise OptionError(
            f"No retriever {name!r}", remedy=f"Choose one of {', '.join(RETRIEVERS)}."
        ) from exc


def retriever(
    name: str = DEFAULT_RETRIEVER, scale: float = 1.0, device: torch.device | None = None
) -> AnchoredRetriever:
    """Return a retriever by its name; see `AnchoredRetriever`.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    device = device or torch.device("cpu")
    estimator = estimator_named(name)
    if isinstance(estimator, torch.nn.Module):
        estimator = estimator.to(device)
    return AnchoredRetriever(estimator, scale, device)


@torch.no_grad()
def estimates_of(
    name: str, points: torch.Tensor, source: torch.Tensor, target: torch.Tensor
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places ``(B, N, 2)`` and sigma ``(B, N)`` for many groups at once.

    What is fitted in closed form is computed in double precision; networks are in single.
    """
    estimator = estimator_named(name)
    if not isinstance(estimator, torch.nn.Module | PaperEstimator):
        points, source, target = points.double(), source.double(), target.double()
    parts = (torch.split(values, _GROUPS) for values in (points, source, target))
    chunks = zip(*parts, strict=True)
    found = [estimator(*chunk) for chunk in chunks]
    places = torch.cat([each.places for each in found]).double().numpy()
    return places, torch.cat([each.sigma for each in found]).double().numpy()


def _check(points: Points, source: Points, target: Points) -> None:
    shapes = np.shape(source), np.shape(target)
    if shapes[0] != shapes[1] or len(shapes[0]) != 2 or shapes[0][1] != 2:
        raise LandmarkError(
            f"Anchors of the shapes {shapes[0]!r} and {shapes[1]!r}, expected (K, 2) twice",
            remedy="Give as many on the source as on the target.",
        )
    if len(source) < 2:
        raise LandmarkError(f"{len(source)} anchors", remedy="Give at least two.")
    if not (np.isfinite(source).all() and np.isfinite(target).all() and np.isfinite(points).all()):
        raise LandmarkError("Anchors or points are not finite", remedy="Leave those out.")
