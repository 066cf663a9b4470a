"""Where slides live and results go: readers, stores, and the rules of pushing."""

from sar_models.stores.changes import (
    PlanItem,
    Push,
    PushPlan,
    PushPolicy,
    PushReport,
    StableKey,
    Withdraw,
    joint_decision,
)
from sar_models.stores.memory import ArraySlide, MemoryStore
from sar_models.stores.protocols import AlignmentSink, SlideId, SlideSource, Store
from sar_models.stores.readers import IMAGE_SUFFIXES, open_slide

__all__ = [
    "IMAGE_SUFFIXES",
    "AlignmentSink",
    "ArraySlide",
    "MemoryStore",
    "PlanItem",
    "Push",
    "PushPlan",
    "PushPolicy",
    "PushReport",
    "SlideId",
    "SlideSource",
    "StableKey",
    "Store",
    "Withdraw",
    "joint_decision",
    "open_slide",
]
