"""One slide under the stain of another: pictures in, a picture out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import InputError
from sar_models.engine.device import choose_device
from sar_models.engine.glass import estimate_glass
from sar_models.engine.scene.rendering import Stained, render_scene
from sar_models.engine.scene.weights import shipped_scene
from sar_models.engine.tissue import find_tissue

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.engine.glass import Glass
    from sar_models.engine.options import DeviceName

    Image = NDArray[np.uint8]


def restain(
    source: Image,
    target: Image,
    device: DeviceName = "auto",
    progress: Callable[[float], None] | None = None,
) -> Image:
    """Render the scene of the source with the appearance of the target.

    Every structure stays where the source has it; dyes, light and glass are the target's. Which
    structures take up a marker is guessed: it cannot be known from another section's stain.

    Parameters
    ----------
    source, target : (H, W, 3) uint8
        Pictures of slides, RGB, at about the same scale: tissue of several hundred pixels.
    device : {"auto", "cpu", "cuda"}
    progress : callable or None
        Called with the fraction done.

    Returns
    -------
    (H, W, 3) uint8
        At the source's pixels; off its tissue, the target's glass.

    Raises
    ------
    InputError
        If a picture has another shape or type, or shows no tissue.
    OptionError
        If a GPU is asked for and there is none.
    """
    chosen = choose_device(device)
    network = shipped_scene().network
    stained = _stained(source, "source"), _stained(target, "target")
    density = render_scene(network, *stained, chosen, progress)
    return _photographed(density, estimate_glass(target))


def _stained(image: Image, name: str) -> Stained:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InputError(
            f"The {name} has pixels of shape {image.shape!r} and type {image.dtype.name!r}",
            remedy="Give RGB as uint8 of shape (H, W, 3).",
        )
    tissue = find_tissue(image)
    if tissue.is_empty:
        raise InputError(
            f"The {name} shows no tissue at {image.shape[1]} x {image.shape[0]} pixels",
            remedy="Give a part of the slide that shows tissue, or a larger size.",
        )
    return Stained(tissue.colours, tissue.mask.astype(np.float32))


def _photographed(density: NDArray[np.float32], glass: Glass) -> Image:
    """Return what `sar_models.engine.stains.optical_density` would measure as this density."""
    colour = np.median(glass.colour.reshape(-1, 3), axis=0)
    light = colour + 127.5 * density if glass.is_dark else colour * np.exp(-density)
    return np.asarray(np.rint(np.clip(light, 0.0, 255.0)), dtype=np.uint8)
