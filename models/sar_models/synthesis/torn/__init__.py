"""Torn tissue: pairs of slides whose pieces lie each in a place of its own, with known truth."""

from sar_models.synthesis.torn.options import ARRANGEMENTS, Arrangement, TornOptions
from sar_models.synthesis.torn.pair import generate_torn_pair
from sar_models.synthesis.torn.records import TornPair, TornPiece

__all__ = [
    "ARRANGEMENTS",
    "Arrangement",
    "TornOptions",
    "TornPair",
    "TornPiece",
    "generate_torn_pair",
]
