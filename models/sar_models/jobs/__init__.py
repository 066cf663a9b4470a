"""Work on slide pairs: one at a time, or many from a queue that survives what is killed.

Asking a queue loads neither torch nor an image library; what does the work is loaded when it is
first used.
"""

from typing import TYPE_CHECKING

from sar_models._deferred import loaded_when_used
from sar_models.jobs.events import Event, EventKind
from sar_models.jobs.job import Job, State
from sar_models.jobs.layout import Layout
from sar_models.jobs.listing import Counts, JobFilter, Page
from sar_models.jobs.queue import Queue, Submission
from sar_models.jobs.request import JobId, Request
from sar_models.jobs.retrying import RetryPolicy
from sar_models.jobs.usage import cpu_seconds, peak_memory_mb

if TYPE_CHECKING:
    from sar_models.jobs.pair import PairRun, run_pair
    from sar_models.jobs.restaining import restain_slide
else:
    __getattr__ = loaded_when_used(
        __name__, {"pair": ("PairRun", "run_pair"), "restaining": ("restain_slide",)}
    )

__all__ = [
    "Counts",
    "Event",
    "EventKind",
    "Job",
    "JobFilter",
    "JobId",
    "Layout",
    "Page",
    "PairRun",
    "Queue",
    "Request",
    "RetryPolicy",
    "State",
    "Submission",
    "cpu_seconds",
    "peak_memory_mb",
    "restain_slide",
    "run_pair",
]
