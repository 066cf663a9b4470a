"""Torn tissue: pairs of slides whose pieces lie each in a place of its own, with known truth."""

from sar_models.synthesis.torn.frozen import FIRST_FROZEN_SEED, TORN_VERSION, frozen_set
from sar_models.synthesis.torn.options import ARRANGEMENTS, Arrangement, TornOptions
from sar_models.synthesis.torn.pair import generate_torn_pair
from sar_models.synthesis.torn.real import REAL_MPP, tear_real_pair
from sar_models.synthesis.torn.real_set import RealTear, real_torn_set
from sar_models.synthesis.torn.records import TornPair, TornPiece

__all__ = [
    "ARRANGEMENTS",
    "FIRST_FROZEN_SEED",
    "REAL_MPP",
    "TORN_VERSION",
    "Arrangement",
    "RealTear",
    "TornOptions",
    "TornPair",
    "TornPiece",
    "frozen_set",
    "generate_torn_pair",
    "real_torn_set",
    "tear_real_pair",
]
