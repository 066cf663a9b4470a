"""Extractors by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from sar_models.domain.errors import OptionError
from sar_models.engine.device import choose_device
from sar_models.engine.keypoints.aliked import aliked_extractor
from sar_models.engine.keypoints.scene import scene_extractor
from sar_models.engine.keypoints.sift import SiftExtractor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

    from sar_models.engine.options import DeviceName
    from sar_models.engine.protocols import AnchorExtractor

ExtractorName = Literal["scene", "sift", "aliked"]
EXTRACTOR_NAMES: tuple[ExtractorName, ...] = get_args(ExtractorName)

_EXTRACTORS: dict[str, Callable[[torch.device, Path | None], AnchorExtractor]] = {
    "scene": lambda device, weights: scene_extractor(device),
    "sift": lambda device, weights: SiftExtractor(),
    "aliked": aliked_extractor,
}


def extractor_named(
    name: str, weights: Path | None = None, device: DeviceName = "cpu"
) -> AnchorExtractor:
    """Return an extractor by its name.

    Parameters
    ----------
    name : {"scene", "sift", "aliked"}
    weights : Path or None
        Of ``aliked``; the others need none.
    device : {"auto", "cpu", "cuda"}

    Raises
    ------
    OptionError
        If there is none of that name, or what it needs is missing.
    InputError
        If the weights cannot be read.
    """
    if name not in _EXTRACTORS:
        raise OptionError(
            f"Unknown anchors {name!r}", remedy=f"Use one of {', '.join(EXTRACTOR_NAMES)}."
        )
    return _EXTRACTORS[name](choose_device(device), weights)
