"""Reviews: append-only events, chained per reviewer, and what they come to."""

from sar_models.domain.review.agreement import Agreement, agreements, cohen_kappa
from sar_models.domain.review.chain import verify_chain
from sar_models.domain.review.event import GENESIS, Decision, Item, Review
from sar_models.domain.review.standing import (
    ReviewStatus,
    standing_decisions,
    status_of,
    strictest,
)
from sar_models.domain.review.throughput import Throughput, throughputs

__all__ = [
    "GENESIS",
    "Agreement",
    "Decision",
    "Item",
    "Review",
    "ReviewStatus",
    "Throughput",
    "agreements",
    "cohen_kappa",
    "standing_decisions",
    "status_of",
    "strictest",
    "throughputs",
    "verify_chain",
]
