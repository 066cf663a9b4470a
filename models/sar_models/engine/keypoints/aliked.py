"""ALIKED through kornia, with weights that the user has: nothing is downloaded.

Zhao et al., "ALIKED: A Lighter Keypoint and Descriptor Extraction Network via Deformable
Transformation", IEEE TIM 2023. The only file that imports kornia.
"""

from __future__ import annotations

import importlib.util

# The error of a damaged file; `pickle` itself is not used.
from _pickle import UnpicklingError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from sar_models.domain.errors import InputError, OptionError
from sar_models.domain.geometry import corner_from_centre
from sar_models.engine.keypoints.features import ALL_TURNS, Turn
from sar_models.engine.keypoints.turnable import TurnedPictures

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.section import Section

_MODELS = ("aliked-t16", "aliked-n16rot", "aliked-n32")
_NOT_STORED = {"dkd.hw_grid"}
_COUNT = 2048


@dataclass(frozen=True, eq=False)
class AlikedExtractor:
    """ALIKED's keypoints; they do not stand being turned, so the picture is turned for them."""

    network: torch.nn.Module
    device: torch.device
    turns: tuple[Turn, ...] = ALL_TURNS
    least_margin: float = 0.0
    """Every match of each other counts: the consensus sorts them out."""

    def extract(
        self, source: Section, target: Section, scale: float
    ) -> tuple[TurnedPictures, TurnedPictures]:
        """Return both sides of a pair at one scale."""
        return (
            TurnedPictures(source, scale, self._detect),
            TurnedPictures(target, 1.0, self._detect),
        )

    @torch.inference_mode()
    def _detect(self, picture: NDArray[np.uint8]) -> tuple[Points, NDArray[np.float32]]:
        image = torch.from_numpy(picture).to(self.device).permute(2, 0, 1)[None].float() / 255
        (found,) = self.network(image)
        places = corner_from_centre(found.keypoints.double().cpu().numpy())
        return places, found.descriptors.float().cpu().numpy()


def aliked_extractor(device: torch.device, weights: Path | None) -> AlikedExtractor:
    """Return the extractor with weights out of a file, whichever of ALIKED's models they are of.

    Raises
    ------
    OptionError
        If kornia or the file is not given.
    InputError
        If the file cannot be read, or holds no such weights.
    """
    if weights is None:
        raise OptionError(
            "Anchors 'aliked' need weights, which are not shipped",
            remedy="Give the file of ALIKED's authors (aliked-t16.pth): --anchor-weights FILE.",
        )
    if importlib.util.find_spec("kornia") is None:
        raise OptionError(
            "Anchors 'aliked' need kornia, which is not installed",
            remedy='Install it with: pip install "sar-align[matchers]".',
        )
    tensors = _read(weights)
    for name in _MODELS:
        network = _loaded(name, tensors)
        if network is not None:
            return AlikedExtractor(network.eval().to(device), device)
    raise _no_weights(weights)


def _read(path: Path) -> dict[str, Any]:
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as exc:
        raise InputError(
            f"Cannot read {str(path)!r}: {exc.strerror or exc}", remedy="Check the file."
        ) from exc
    except (RuntimeError, UnpicklingError, EOFError, ValueError, KeyError) as exc:
        raise _no_weights(path) from exc
    if not isinstance(tensors, dict):
        raise _no_weights(path)
    return tensors


def _loaded(name: str, tensors: dict[str, Any]) -> torch.nn.Module | None:
    """Return the model with its weights; ``None`` if they are of another one."""
    from kornia.feature import ALIKED

    # A threshold of zero takes the strongest `_COUNT` maxima, as many as the others have.
    network: torch.nn.Module = ALIKED(name, max_num_keypoints=_COUNT, detection_threshold=0.0)
    try:
        missing, unexpected = network.load_state_dict(tensors, strict=False)
    except RuntimeError:
        return None
    return None if unexpected or set(missing) - _NOT_STORED else network


def _no_weights(path: Path) -> InputError:
    return InputError(
        f"{str(path)!r} holds no weights of ALIKED",
        remedy="Give a file of its authors, such as aliked-t16.pth.",
    )
