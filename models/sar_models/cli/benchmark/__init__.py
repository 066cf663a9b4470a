"""``sar-align benchmark``: measurements that anyone can repeat."""

from sar_models.cli.benchmark.group import app

__all__ = ["app"]
