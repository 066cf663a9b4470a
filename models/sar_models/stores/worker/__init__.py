"""Connectors in processes of their own: a crash, a hang or a leak of one is an error, no more."""

from sar_models.stores.worker.options import WorkerOptions
from sar_models.stores.worker.store import WorkerStore, open_in_worker

__all__ = ["WorkerOptions", "WorkerStore", "open_in_worker"]
