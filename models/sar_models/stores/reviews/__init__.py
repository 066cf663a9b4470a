"""Reviews of a folder of alignments: the log, the queue, claims, export, import, publishing."""

from sar_models.stores.reviews.anchors import Anchor, read_anchor
from sar_models.stores.reviews.claims import Claim, Claims
from sar_models.stores.reviews.export import export_events, export_queue
from sar_models.stores.reviews.identity import Identity, current_identity
from sar_models.stores.reviews.importing import Imported, import_reviews
from sar_models.stores.reviews.log import REVIEWS, ReviewLog, ToRecord
from sar_models.stores.reviews.places import has_log, log_folder
from sar_models.stores.reviews.publishing import reviewed_push
from sar_models.stores.reviews.queue import QueueEntry, QueueFilter
from sar_models.stores.reviews.state import ReviewState
from sar_models.stores.reviews.summaries import AlignmentSummary
from sar_models.stores.reviews.verify import Finding

__all__ = [
    "REVIEWS",
    "AlignmentSummary",
    "Anchor",
    "Claim",
    "Claims",
    "Finding",
    "Identity",
    "Imported",
    "QueueEntry",
    "QueueFilter",
    "ReviewLog",
    "ReviewState",
    "ToRecord",
    "current_identity",
    "export_events",
    "export_queue",
    "has_log",
    "import_reviews",
    "log_folder",
    "read_anchor",
    "reviewed_push",
]
