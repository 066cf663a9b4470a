"""``sar-align batch``: many pairs, from a queue that survives what is killed."""

from sar_models.cli.batch.group import app

__all__ = ["app"]
