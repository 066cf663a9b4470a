"""Derive a second slide from a picture of a real one: turned, deformed, restained, with truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import Mpp, Size
from sar_models.domain.transforms import Affine, Sequence
from sar_models.synthesis.deformation import Pose, node_spacing, random_warp
from sar_models.synthesis.imaging import Image, draw_look, photograph
from sar_models.synthesis.mounting import Mount, mount
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.raster import FULL, Field, Plane, Raster
from sar_models.synthesis.stains import Dye, Stain
from sar_models.synthesis.tissue.render import Amounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.domain.transforms import Transform

_STRIP = 512
_HAEMATOXYLIN = (0.65, 0.70, 0.29)
_EOSIN = (0.07, 0.99, 0.11)


@dataclass(frozen=True)
class DeriveOptions:
    """How the derivative differs. ``None`` leaves a choice to the seed."""

    turn_deg: float | None = None
    """Turn against the original, clockwise on screen."""
    mirror: bool | None = None
    """Whether the derivative is turned over."""
    scale: float | None = None
    """Change of size of the tissue, 0.97 to 1.03 when drawn."""
    magnification: float = 1.0
    """Pixels of the derivative per pixel of the original, apart from ``scale``."""
    warp_rms: float = 0.004
    """Root mean square of the smooth deformation, in diagonals of the original."""
    warp_length: float = 0.14
    """Distance over which the deformation changes, in diagonals of the original."""
    restain: bool = True
    """Whether another stain is simulated; otherwise the same dyes, of another laboratory."""
    jpeg: bool = True
    """Whether the picture goes through JPEG."""

    def __post_init__(self) -> None:
        for name in ("magnification", "warp_length"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise OptionError(f"{name} is {value!r}, expected a positive number")


@dataclass(frozen=True, eq=False)
class Derivative:
    """A derived slide: ``image`` (H, W, 3) uint8, its pixel size, ``target_from_source``."""

    image: Image
    mpp: Mpp | None
    truth: Transform


def derive(
    image: Image, seed: int, options: DeriveOptions | None = None, mpp: Mpp | None = None
) -> Derivative:
    """Derive a slide from a picture, as if another section had been stained otherwise.

    Parameters
    ----------
    image : (H, W, 3) uint8
        Original, RGB.
    seed : int
        Non-negative; decides on everything that the options leave open.
    options : DeriveOptions or None
        How it differs.
    mpp : Mpp or None
        Pixel size of the original; the derivative's follows from it.

    Raises
    ------
    OptionError
        If an option is impossible.
    """
    options = options or DeriveOptions()
    size = Size(image.shape[1], image.shape[0])
    truth, target_size = _place(seed, size, options)
    # The original's pixels are the block here: one pixel, one unit.
    amounts = Amounts(Raster(0.0, 0.0, 1.0, size.width, size.height), separate(image))
    diagonal = size.diagonal * options.magnification
    nodes = node_spacing(options.warp_rms * diagonal, options.warp_length * diagonal)
    planes = mount(amounts, (Mount(truth),), target_size, 1.0 / options.magnification, nodes)
    stain = RESTAINED if options.restain else SAME_STAIN
    look = draw_look(sub_seed(seed, "derived"), stain, options.jpeg)
    picture = photograph(planes, stain, look, sub_seed(seed, "derived"))
    factor = options.magnification
    return Derivative(picture, None if mpp is None else Mpp(mpp.x / factor, mpp.y / factor), truth)


def _place(seed: int, size: Size, options: DeriveOptions) -> tuple[Sequence, Size]:
    """Choose how the derivative lies: the transform, and a slide that holds all of it."""
    rng = stream(seed, "derive")
    turn, mirror = float(rng.uniform(-180, 180)), bool(rng.random() < 0.5)
    scale = float(rng.uniform(0.97, 1.03))
    pose = Pose(
        turn if options.turn_deg is None else options.turn_deg,
        mirror if options.mirror is None else options.mirror,
        scale if options.scale is None else options.scale,
    )
    beyond = 0.6 * size.diagonal
    extent = (-beyond, -beyond, size.width + beyond, size.height + beyond)
    warp = random_warp(
        sub_seed(seed, "warp"),
        extent,
        options.warp_rms * size.diagonal,
        options.warp_length * size.diagonal,
    )
    turned = Affine.from_linear(options.magnification * pose.linear(), np.zeros(2))
    edge = turned.map(warp.map(_border(size)))
    low, high = edge.min(axis=0), edge.max(axis=0)
    margin = 0.01 * options.magnification * size.diagonal
    width, height = np.ceil(high - low + 2 * margin).astype(int)
    shift = Affine.translation(margin - low)
    return Sequence((warp, shift @ turned)), Size(int(width), int(height))


def _border(size: Size) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    steps = np.linspace(0.0, 1.0, 33)
    w, h = float(size.width), float(size.height)
    sides = [np.stack([steps * w, np.full(33, y)], axis=1) for y in (0.0, h)] + [
        np.stack([np.full(33, x), steps * h], axis=1) for x in (0.0, w)
    ]
    return np.concatenate(sides)


def separate(image: Image) -> Mapping[str, Plane]:
    """Separate a picture into what took up haematoxylin, eosin, and a middling lot of both.

    Parameters
    ----------
    image : (H, W, 3) uint8
        H&E, or close to it.

    Returns
    -------
    mapping of str to (H, W) uint8
        ``nuclear``, ``matrix`` and ``mid``, `sar_models.synthesis.raster.FULL` standing for an
        amount of one. ``mid`` is not monotone in either dye, as a marker of one kind of cell is
        not.
    """
    shape = image.shape[:2]
    names = ("nuclear", "matrix", "mid")
    planes = {name: np.zeros(shape, dtype=np.uint8) for name in names}
    white = np.maximum(np.percentile(image[::8, ::8].reshape(-1, 3), 95, axis=0), 128.0)
    dyes = np.array([_HAEMATOXYLIN, _EOSIN])
    dyes /= np.linalg.norm(dyes, axis=1, keepdims=True)
    unmix = np.linalg.pinv(dyes).astype(np.float32)
    for top in range(0, shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        light = np.maximum(image[rows].astype(np.float32), 4.0) / white.astype(np.float32)
        density = np.maximum(-np.log10(light), 0.0)
        amount = np.maximum(density @ unmix, 0.0)
        total = cv2.GaussianBlur(density.mean(axis=2), (0, 0), 1.5)
        mid = np.exp(-(((np.asarray(total) - 0.28) / 0.1) ** 2))
        for name, value in zip(names, (amount[..., 0], amount[..., 1], mid), strict=True):
            planes[name][rows] = _to_plane(value)
    return planes


def _to_plane(amount: Field) -> Plane:
    return np.clip(amount * FULL, 0, 255).astype(np.uint8)


RESTAINED = Stain(
    "restained",
    (
        Dye("haematoxylin", (0.66, 0.55, 0.24), {"nuclear": 0.9, "matrix": 0.12}, 1.6),
        Dye("dab", (0.55, 0.95, 1.35), {"mid": 0.45, "matrix": 0.06}, 1.2, 0.5),
    ),
)
"""An immunostain whose marker lies where the original is of middling density."""

SAME_STAIN = Stain(
    "same stain",
    (
        Dye("eosin", (0.12, 0.95, 0.3), {"matrix": 1.2}, 2.2),
        Dye("haematoxylin", (0.72, 0.86, 0.40), {"nuclear": 1.2}, 2.2),
    ),
)
"""The dyes of the original, as another laboratory would have them."""
