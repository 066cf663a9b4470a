"""Where slides live and results go: readers, stores, and the rules of pushing.

Files that are written safely and locks are in here, too, and are needed where no slide is read: a
name below is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from sar_models._deferred import loaded_when_used

if TYPE_CHECKING:
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
    from sar_models.stores.folder import FolderScan, FolderStore
    from sar_models.stores.memory import ArraySlide, MemoryStore
    from sar_models.stores.pairing import (
        Leftover,
        Pairing,
        PairNames,
        pair_by_hand,
        pair_by_pattern,
        pair_by_table,
    )
    from sar_models.stores.protocols import AlignmentSink, SlideId, SlideSource, Store
    from sar_models.stores.readers import IMAGE_SUFFIXES, open_slide
    from sar_models.stores.registry import StoreEntry, open_store, register_store
else:
    __getattr__ = loaded_when_used(
        __name__,
        {
            "changes": (
                "PlanItem",
                "Push",
                "PushPlan",
                "PushPolicy",
                "PushReport",
                "StableKey",
                "Withdraw",
                "joint_decision",
            ),
            "folder": ("FolderScan", "FolderStore"),
            "memory": ("ArraySlide", "MemoryStore"),
            "pairing": (
                "Leftover",
                "PairNames",
                "Pairing",
                "pair_by_hand",
                "pair_by_pattern",
                "pair_by_table",
            ),
            "protocols": ("AlignmentSink", "SlideId", "SlideSource", "Store"),
            "readers": ("IMAGE_SUFFIXES", "open_slide"),
            "registry": ("StoreEntry", "open_store", "register_store"),
        },
    )

__all__ = [
    "IMAGE_SUFFIXES",
    "AlignmentSink",
    "ArraySlide",
    "FolderScan",
    "FolderStore",
    "Leftover",
    "MemoryStore",
    "PairNames",
    "Pairing",
    "PlanItem",
    "Push",
    "PushPlan",
    "PushPolicy",
    "PushReport",
    "SlideId",
    "SlideSource",
    "StableKey",
    "Store",
    "StoreEntry",
    "Withdraw",
    "joint_decision",
    "open_slide",
    "open_store",
    "pair_by_hand",
    "pair_by_pattern",
    "pair_by_table",
    "register_store",
]
