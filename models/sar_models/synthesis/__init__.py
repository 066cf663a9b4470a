"""Generated tissue with known truth: the source of the demo and of the benchmarks.

A *scene* holds the structures of one tissue block; sections through it share them and differ in
their cells. A pair is two sections, stained, deformed and mounted on two slides, with the exact
``target_from_source``.
"""

from sar_models.synthesis.options import PAIR_KINDS, PairKind, PairOptions
from sar_models.synthesis.pairs import (
    GENERATOR_VERSION,
    GeneratedPair,
    GeneratedSlide,
    generate_pair,
)

__all__ = [
    "GENERATOR_VERSION",
    "PAIR_KINDS",
    "GeneratedPair",
    "GeneratedSlide",
    "PairKind",
    "PairOptions",
    "generate_pair",
]
