"""Generated tissue with known truth: the source of the demo and of the benchmarks.

A *scene* holds the structures of one tissue block; sections through it share them and differ in
their cells. A pair is two sections, stained, deformed and mounted on two slides, with the exact
``target_from_source``.
"""

from sar_models.synthesis.canvas import Canvas, ImageCanvas
from sar_models.synthesis.derive import Derivative, DeriveOptions, derive
from sar_models.synthesis.options import PAIR_KINDS, PairKind, PairOptions
from sar_models.synthesis.pairs import (
    GENERATOR_VERSION,
    GeneratedPair,
    GeneratedSlide,
    generate_pair,
)
from sar_models.synthesis.pyramid import Flavour, PyramidOptions, write_pyramid
from sar_models.synthesis.scaled import ScaledPair, write_scaled_pair
from sar_models.synthesis.stains import STAINS
from sar_models.synthesis.tissue import ORGANS
from sar_models.synthesis.torn import (
    ARRANGEMENTS,
    REAL_MPP,
    TORN_VERSION,
    Arrangement,
    RealTear,
    TornOptions,
    TornPair,
    TornPiece,
    frozen_set,
    generate_torn_pair,
    real_torn_set,
    tear_real_pair,
)

__all__ = [
    "ARRANGEMENTS",
    "GENERATOR_VERSION",
    "ORGANS",
    "PAIR_KINDS",
    "REAL_MPP",
    "STAINS",
    "TORN_VERSION",
    "Arrangement",
    "Canvas",
    "Derivative",
    "DeriveOptions",
    "Flavour",
    "GeneratedPair",
    "GeneratedSlide",
    "ImageCanvas",
    "PairKind",
    "PairOptions",
    "PyramidOptions",
    "RealTear",
    "ScaledPair",
    "TornOptions",
    "TornPair",
    "TornPiece",
    "derive",
    "frozen_set",
    "generate_pair",
    "generate_torn_pair",
    "real_torn_set",
    "tear_real_pair",
    "write_pyramid",
    "write_scaled_pair",
]
