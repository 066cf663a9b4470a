"""Work on slide pairs: what the command line, services and clusters run."""

from sar_models.jobs.pair import PairRun, run_pair
from sar_models.jobs.usage import cpu_seconds, peak_memory_mb

__all__ = ["PairRun", "cpu_seconds", "peak_memory_mb", "run_pair"]
